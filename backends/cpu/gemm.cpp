// Matrix products: oneDNN for f32 and bf16, BLAS for f64 and for f32 products so small that oneDNN's call
// would dominate.
#include <limits>

#include <infograd/backends/cpu/blas.h>
#include <infograd/backends/cpu/cpu_backend.h>
#include <infograd/backends/cpu/dense.h>
#include <infograd/backends/cpu/onednn_kernels.h>
#include <infograd/backends/matrix_layout.h>
#include <infograd/core/parallel.h>
#include <infograd/core/trace.h>

namespace infograd {

namespace {

// Measured on AVX2 and AVX-512: a oneDNN matmul costs 1-4 us before it computes; below this many
// multiplications one core is done by then, above it oneDNN wins for every shape and layout.
constexpr int64_t kSmallProduct = 64 * 64 * 64;

// Batches must not overlap (except by repeating): oneDNN checks it.
bool batches_fit(const ConstView& v) {
  int64_t least = 1;
  for (int axis = v.rank() - 2; axis < v.rank(); ++axis) least += (v.shape[axis] - 1) * v.strides[axis];
  for (int axis = v.rank() - 3; axis >= 0; --axis) {
    if (v.shape[axis] == 1 || v.strides[axis] == 0) continue;
    if (v.strides[axis] < least) return false;
    least = v.strides[axis] * v.shape[axis];
  }
  return true;
}

bool usable(const ConstView& v) {
  return matrix_of(v).has_value() && batches_fit(v);
}

// Calls f(offset_out, offset_a, offset_b) for every matrix of the batch.
template <class F>
void for_each_matrix(const View& out, const ConstView& a, const ConstView& b, F&& f) {
  const int batch_rank = out.rank() - 2;
  int64_t matrices = 1;
  for (int axis = 0; axis < batch_rank; ++axis) matrices *= out.shape[axis];
  for (int64_t i = 0; i < matrices; ++i) {
    int64_t rest = i, o = 0, oa = 0, ob = 0;
    for (int axis = batch_rank - 1; axis >= 0; --axis) {
      const int64_t at = rest % out.shape[axis];
      rest /= out.shape[axis];
      o += at * out.strides[axis], oa += at * a.strides[axis], ob += at * b.strides[axis];
    }
    f(o, oa, ob);
  }
}

// out = relu or identity of (out + bias), row by row. Rows of `out` are dense.
template <class T>
void add_bias(const View& out, const ConstView& bias, bool relu) {
  const int r = out.rank() - 2;
  const int64_t rows = out.shape[r], cols = out.shape[r + 1], row = out.strides[r];
  for_each_matrix(out, out, out, [&](int64_t offset, int64_t, int64_t) {
    T* base = out.as<T>() + offset;
    const T* add = bias.as<T>();
    parallel_for(rows, kParallelGrain / cols + 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        T* y = base + i * row;
        if (add != nullptr)
          for (int64_t j = 0; j < cols; ++j) y[j] += add[j];
        if (relu)
          for (int64_t j = 0; j < cols; ++j) y[j] = y[j] < 0 ? T{0} : y[j];
      }
    });
  });
}

template <class T>
void blas_gemm(Backend& backend, const GemmArgs& args) {
  const int r = args.out.rank() - 2;
  const int64_t m = args.out.shape[r], n = args.out.shape[r + 1], k = args.a.shape[r + 1];
  const Matrix out = *matrix_of(args.out), a = *matrix_of(args.a), b = *matrix_of(args.b);
  for_each_matrix(args.out, args.a, args.b, [&](int64_t o, int64_t oa, int64_t ob) {
    blas::gemm<T>(m, n, k, static_cast<T>(args.alpha),
                  {static_cast<const T*>(a.data) + oa, a.ld, a.transposed},
                  {static_cast<const T*>(b.data) + ob, b.ld, b.transposed}, static_cast<T>(args.beta),
                  {static_cast<T*>(out.data) + o, out.ld});
  });
  const bool relu = args.activation == Activation::relu;
  if (args.bias || relu) add_bias<T>(args.out, args.bias, relu);
  switch (args.activation) {
    case Activation::gelu:
      return backend.unary(UnaryOp::gelu, args.out, args.out, 0, 0);
    case Activation::tanh:
      return backend.unary(UnaryOp::tanh, args.out, args.out, 0, 0);
    case Activation::sigmoid:
      return backend.unary(UnaryOp::sigmoid, args.out, args.out, 0, 0);
    default:
      return;
  }
}

bool fits_int(const ConstView& v) {
  constexpr int64_t limit = std::numeric_limits<int>::max();
  return v.shape[v.rank() - 2] <= limit && v.shape[v.rank() - 1] <= limit && matrix_of(v)->ld <= limit;
}

bool prefers_blas(const GemmArgs& args) {
  if (!fits_int(args.out) || !fits_int(args.a) || !fits_int(args.b)) return false;
  if (args.out.dtype == DType::f64 || !onednn::available()) return true;
  if (args.alpha != 1 && args.beta != 0 && args.a.dtype == DType::f32)
    return true;  // AVX2 oneDNN has no kernel for it
  const bool cheap_epilogue = args.activation == Activation::none || args.activation == Activation::relu;
  return args.out.dtype == DType::f32 && args.a.dtype == DType::f32 && cheap_epilogue &&
         args.out.numel() * args.a.shape.back() <= kSmallProduct;
}

// Without AVX-512, oneDNN halves its speed when few rows meet a plain right operand whose rows lie a multiple
// of a page apart (they compete for the same cache sets). A copy with longer rows costs a tenth of what it
// saves.
bool rows_collide(const GemmArgs& args) {
  if (onednn::has_avx512() || args.out.rank() != 2 || args.b.dtype != DType::f32) return false;
  const int64_t m = args.out.shape[0], k = args.b.shape[0], ld = matrix_of(args.b)->ld;
  return !matrix_of(args.b)->transposed && ld % 1024 == 0 && m >= 64 && m < 384 && k >= 256;
}

// `out` is row-major and of the type to compute in; a, b and bias still have any type and strides.
void multiply(Backend& backend, GemmArgs args) {
  const DType dtype = args.out.dtype;
  const int batch_axes = args.out.rank() - 2;
  DType operands = dtype;
  bool rounded = false;
  if (dtype == DType::f32 && args.precision == Precision::bf16 && args.a.dtype == DType::f32) {
    if (onednn::has_fast_bf16()) {
      operands = DType::bf16;
    } else {
      rounded = true;
      warn_bf16_in_f32("gemm");
    }
  }
  // Strides that no library can walk, and other types, cost a copy.
  DenseCopy a_memory, b_memory, bias_memory;
  const auto prepare = [&](ConstView& v, DenseCopy& memory) {
    if (!rounded && v.dtype == operands && usable(v)) return;
    const Strides strides = same_order(v.shape, v.strides, batch_axes);
    v = rounded ? memory.rounded_to_bf16(backend, v, strides) : memory.of(backend, v, operands, strides);
  };
  prepare(args.a, a_memory);
  prepare(args.b, b_memory);
  if (args.bias && (args.bias.dtype != dtype || (args.bias.numel() > 1 && args.bias.strides[0] != 1)))
    args.bias = bias_memory.of(backend, args.bias, dtype, {1});

  const bool use_blas = prefers_blas(args);
  DenseCopy padded;
  if (!use_blas && rows_collide(args))
    args.b = padded.of(backend, args.b, DType::f32, {matrix_of(args.b)->ld + 16, 1});
  if (use_blas)
    return dtype == DType::f64 ? blas_gemm<double>(backend, args) : blas_gemm<float>(backend, args);
  const bool relu = onednn::take_relu(args.activation);
  if (dtype == DType::f64 || !onednn::gemm(backend, args)) {
    trace::warn_once("cpu.gemm",
                     "gemm: neither oneDNN nor BLAS takes these extents; the reference loops compute it");
    ReferenceBackend().gemm(args);
  }
  if (relu) backend.unary(UnaryOp::relu, args.out, args.out, 0, 0);
}

}  // namespace

void CpuBackend::gemm(const GemmArgs& given) {
  GemmArgs args = given;
  const DType dtype = args.out.dtype;
  if (args.out.numel() == 0) return;
  const bool scaled_bias = args.bias && args.alpha != 1;
  if (!is_floating(dtype) || args.a.shape.back() == 0 || (scaled_bias && args.alpha == 0))
    return ReferenceBackend::gemm(args);
  collapse_batch(args.out, args.a, args.b);
  fold_batch_into_rows(args.out, args.a, args.b);

  // An output that is not row-major is computed in scratch memory; so is bf16 where the processor would
  // emulate it.
  const DType computed = dtype == DType::bf16 && !onednn::has_fast_bf16() ? DType::f32 : dtype;
  if (computed != dtype || !usable(args.out) || matrix_of(args.out)->transposed) {
    DenseCopy memory;
    const View result = args.out;
    args.out = memory.room(result.shape, contiguous_strides(result.shape), computed);
    if (args.beta != 0) copy(args.out, result);
    multiply(*this, args);
    return copy(result, args.out);
  }
  multiply(*this, args);
}

}  // namespace infograd
