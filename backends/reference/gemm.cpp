// out = activation(alpha * a @ b + bias) + beta * out, one dot product per output element.
#include <infograd/backends/reference/elements.h>
#include <infograd/backends/reference/reference_backend.h>
#include <infograd/backends/scalar_ops.h>

namespace infograd {

using namespace reference;

void ReferenceBackend::gemm(const GemmArgs& args) {
  const View& out = args.out;
  const ConstView &a = args.a, &b = args.b, &bias = args.bias;
  const int row = out.rank() - 2, column = out.rank() - 1;
  const int64_t k_extent = a.shape[column];
  const Strides &os = out.strides, &as = a.strides, &bs = b.strides;
  // Walk all output elements: a repeats along the columns, b along the rows.
  Strides a_walk = as, b_walk = bs, bias_walk(Dims::filled(out.rank(), 0));
  a_walk[column] = 0;
  b_walk[row] = 0;
  if (bias) bias_walk[column] = bias.strides[0];

  visit_floating("gemm", a.dtype, [&](auto zero) {
    using T = decltype(zero);
    const Elements<T> out_of(out), a_of(a), b_of(b), bias_of(bias);
    const auto rounded = [&](double v) {
      return args.precision == Precision::bf16 && std::is_same_v<T, float>
                 ? convert<double>(convert<bfloat16>(v))
                 : v;
    };
    for_each<4>(out.shape, {os, a_walk, b_walk, bias_walk}, [&](int64_t o, int64_t i, int64_t j, int64_t n) {
      double sum = 0;
      for (int64_t k = 0; k < k_extent; ++k)
        sum += rounded(a_of.at(i + k * as[column])) * rounded(b_of.at(j + k * bs[row]));
      const double value =
          scalar_math::activate(args.activation, args.alpha * sum + (bias ? bias_of.at(n) : 0.0));
      // beta = 0 must not read what was never written
      out_of.set_at(o, args.beta == 0 ? value : value + args.beta * out_of.at(o));
    });
  });
}

}  // namespace infograd
