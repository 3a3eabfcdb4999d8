// Matrix products by oneDNN.
#include <algorithm>

#include <infograd/backends/cpu/dense.h>
#include <infograd/backends/cpu/onednn.h>
#include <infograd/backends/matrix_layout.h>

namespace infograd::onednn {

namespace {

// Extents and strides as oneDNN wants them: repeated batches have extent 1, unused strides are well-formed.
struct Layout {
  Shape shape;
  Strides strides;

  explicit Layout(const ConstView& v) : shape(v.shape), strides(v.strides) {
    const Matrix m = *matrix_of(v);
    const int r = v.rank() - 2;
    strides[r] = m.transposed ? 1 : m.ld;
    strides[r + 1] = m.transposed ? m.ld : 1;
    int64_t extent = m.ld * v.shape[m.transposed ? r + 1 : r];
    for (int axis = r - 1; axis >= 0; --axis) {
      if (strides[axis] == 0) shape[axis] = 1;
      if (shape[axis] == 1) strides[axis] = extent;
      extent = std::max(extent, shape[axis] * strides[axis]);
    }
  }
  void add_to(onednn::Key& key) const { key.add(shape).add(strides); }
  onednn::Desc desc(DType dtype) const { return onednn::desc(shape, strides, dtype); }
};

}  // namespace

bool gemm(Backend& backend, const GemmArgs& args) {
  const Layout out(args.out), a(args.a), b(args.b);
  onednn::Key key(1);
  key.add(int64_t{args.out.rank()} | static_cast<int64_t>(args.out.dtype) << 8 |
          static_cast<int64_t>(args.a.dtype) << 16 | static_cast<int64_t>(args.activation) << 24 |
          static_cast<int64_t>(bool(args.bias)) << 32);
  key.add(args.alpha).add(args.beta);
  out.add_to(key), a.add_to(key), b.add_to(key);
  auto& program = onednn::cached(key, [&] {
    onednn::Desc bias;
    if (args.bias) {
      Shape shape(Shape::filled(args.out.rank(), 1));
      shape[args.out.rank() - 1] = args.bias.numel();
      bias = onednn::desc(shape, contiguous_strides(shape), args.bias.dtype);
    }
    const auto types = std::tuple(a.desc(args.a.dtype), b.desc(args.b.dtype), bias, out.desc(args.out.dtype));
    const auto pd =
        onednn::describe<dnnl::matmul>(onednn::attributes(args.alpha, args.beta, args.activation), types);
    onednn::Program made;
    if (args.bias) {
      made.main = {dnnl::matmul(pd),
                   {{DNNL_ARG_SRC, pd.src_desc()},
                    {DNNL_ARG_WEIGHTS, pd.weights_desc()},
                    {DNNL_ARG_DST, pd.dst_desc()},
                    {DNNL_ARG_BIAS, bias}},
                   pd.scratchpad_desc()};
    } else {
      made.main = {dnnl::matmul(pd),
                   {{DNNL_ARG_SRC, pd.src_desc()},
                    {DNNL_ARG_WEIGHTS, pd.weights_desc()},
                    {DNNL_ARG_DST, pd.dst_desc()}},
                   pd.scratchpad_desc()};
    }
    return made;
  });
  if (!program.main) return false;
  if (!args.bias) {
    program.main.run({args.a.data, args.b.data, args.out.data});
  } else if (args.alpha == 1) {
    program.main.run({args.a.data, args.b.data, args.out.data, args.bias.data});
  } else {  // oneDNN scales the bias too
    DenseCopy memory;
    const View scaled = memory.room(args.bias.shape, {1}, args.bias.dtype);
    backend.unary(UnaryOp::affine, scaled, args.bias, 1 / args.alpha, 0);
    program.main.run({args.a.data, args.b.data, args.out.data, scaled.data});
  }
  return true;
}

bool sgemm(int64_t m, int64_t n, int64_t k, float alpha, blas::Matrix<const float> a,
           blas::Matrix<const float> b, float beta, blas::Matrix<float> c) {
  const dnnl_status_t status = dnnl_sgemm(a.transposed ? 'T' : 'N', b.transposed ? 'T' : 'N', m, n, k, alpha,
                                          a.data, a.ld, b.data, b.ld, beta, c.data, c.ld);
  return status == dnnl_success;
}

}  // namespace infograd::onednn
