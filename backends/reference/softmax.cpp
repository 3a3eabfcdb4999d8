// softmax(x)_i = exp(x_i - m) / sum_j exp(x_j - m), m = max x. A slice that is all -inf gives zeros with
// gradient zero.
#include <cmath>
#include <limits>

#include <infograd/backends/reference/elements.h>
#include <infograd/backends/reference/reference_backend.h>
#include <infograd/backends/scalar_ops.h>

namespace infograd {

using namespace reference;

void ReferenceBackend::softmax(View out, ConstView x, int axis, bool log) {
  const int64_t n = x.shape[axis];
  visit_floating("softmax", x.dtype, [&](auto zero) {
    using T = decltype(zero);
    const Elements<T> in(x), result(out);
    for_each<2>(without(x.shape, axis), {without(out.strides, axis), without(x.strides, axis)},
                [&](int64_t o, int64_t start) {
                  const auto value = [&](int64_t i) { return in.at(start + i * x.strides[axis]); };
                  double largest = -std::numeric_limits<double>::infinity();
                  for (int64_t i = 0; i < n; ++i) largest = scalar_math::Maximum::f(largest, value(i), 0.0);
                  const bool masked = largest == -std::numeric_limits<double>::infinity();
                  double sum = 0;
                  for (int64_t i = 0; i < n && !masked; ++i) sum += std::exp(value(i) - largest);
                  for (int64_t i = 0; i < n; ++i) {
                    const double log_probability = masked ? largest : value(i) - largest - std::log(sum);
                    result.set_at(o + i * out.strides[axis], log      ? log_probability
                                                             : masked ? 0
                                                                      : std::exp(value(i) - largest) / sum);
                  }
                });
  });
}

void ReferenceBackend::softmax_grad(View dx, ConstView dy, ConstView y, int axis, bool log) {
  const int64_t n = y.shape[axis];
  visit_floating("softmax", y.dtype, [&](auto zero) {
    using T = decltype(zero);
    const Elements<T> dx_of(dx), dy_of(dy), y_of(y);
    const auto strides =
        std::array{without(dx.strides, axis), without(dy.strides, axis), without(y.strides, axis)};
    for_each(without(y.shape, axis), strides, [&](int64_t o, int64_t i0, int64_t j0) {
      const auto grad = [&](int64_t i) { return dy_of.at(i0 + i * dy.strides[axis]); };
      const auto value = [&](int64_t i) { return y_of.at(j0 + i * y.strides[axis]); };
      // softmax: dx = y (dy - sum(y dy)); log-softmax: dx = dy - exp(y) sum(dy).
      double sum = 0, total = 0;
      for (int64_t i = 0; i < n; ++i) {
        sum += log ? grad(i) : value(i) * grad(i);
        total += log ? std::exp(value(i)) : value(i);
      }
      const bool masked = total == 0;
      for (int64_t i = 0; i < n; ++i) {
        const double g = log ? grad(i) - std::exp(value(i)) * sum : value(i) * (grad(i) - sum);
        dx_of.set_at(o + i * dx.strides[axis], masked ? 0 : g);
      }
    });
  });
}

}  // namespace infograd
