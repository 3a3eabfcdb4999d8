// Batch norm: every channel is normalised by the mean and population variance of all its values.
#include <algorithm>
#include <cmath>

#include <infograd/backends/reference/elements.h>
#include <infograd/backends/reference/reference_backend.h>
#include <infograd/backends/scalar_ops.h>

namespace infograd {

using namespace reference;

void ReferenceBackend::batch_norm(const BatchNormArgs& args) {
  const Shape slice = without(args.x.shape, 1);
  const Strides x_walk = without(args.x.strides, 1), y_walk = without(args.y.strides, 1);
  const auto n = static_cast<double>(slice.numel());
  if (slice.numel() == 0) return;  // no values: statistics stay as they are
  visit_floating("batch_norm", args.x.dtype, [&](auto zero) {
    using T = decltype(zero);
    const Elements<T> x(args.x), y(args.y), weight(args.weight), bias(args.bias);
    const Elements<T> running_mean(args.running_mean), running_var(args.running_var);
    const Elements<T> save_mean(args.save_mean), save_rstd(args.save_rstd);
    for (int64_t c = 0; c < args.x.shape[1]; ++c) {
      const int64_t x0 = c * args.x.strides[1], y0 = c * args.y.strides[1];
      double mean = 0, var = 0;
      if (args.training) {
        for_each<1>(slice, {x_walk}, [&](int64_t i) { mean += x.at(x0 + i); });
        mean /= n;
        for_each<1>(slice, {x_walk},
                    [&](int64_t i) { var += (x.at(x0 + i) - mean) * (x.at(x0 + i) - mean); });
        var /= n;
        const double unbiased = var * n / std::max(n - 1, 1.0);
        if (running_mean) running_mean.add(args.momentum * (mean - running_mean(c)), c);
        if (running_var) running_var.add(args.momentum * (unbiased - running_var(c)), c);
      } else {
        mean = running_mean(c);
        var = running_var(c);
      }
      const double rstd = 1 / std::sqrt(var + args.eps);
      if (save_mean) save_mean.set(mean, c);
      if (save_rstd) save_rstd.set(rstd, c);
      const double scale = rstd * (weight ? weight(c) : 1), shift = bias ? bias(c) : 0;
      for_each<2>(slice, {y_walk, x_walk}, [&](int64_t o, int64_t i) {
        y.set_at(y0 + o, scalar_math::activate(args.activation, (x.at(x0 + i) - mean) * scale + shift));
      });
    }
  });
}

void ReferenceBackend::batch_norm_grad(const BatchNormGradArgs& args) {
  const Shape slice = without(args.x.shape, 1);
  const bool relu = args.activation == Activation::relu;
  const ConstView& y_view = relu ? args.y : args.dy;  // y is read only behind a relu
  const Strides dy_walk = without(args.dy.strides, 1), x_walk = without(args.x.strides, 1);
  const Strides y_walk = without(y_view.strides, 1);
  const double n = std::max(static_cast<double>(slice.numel()), 1.0);
  visit_floating("batch_norm", args.x.dtype, [&](auto zero) {
    using T = decltype(zero);
    const Elements<T> dy(args.dy), x(args.x), y(y_view), weight(args.weight), mean(args.save_mean),
        rstd(args.save_rstd);
    const Elements<T> dx(args.dx), dweight(args.dweight), dbias(args.dbias);
    for (int64_t c = 0; c < args.x.shape[1]; ++c) {
      const int64_t dy0 = c * args.dy.strides[1], x0 = c * args.x.strides[1], y0 = c * y_view.strides[1];
      const auto grad = [&](int64_t i, int64_t k) {
        return relu && !(y.at(y0 + k) > 0) ? 0 : dy.at(dy0 + i);
      };
      const auto normalized = [&](int64_t j) { return (x.at(x0 + j) - mean(c)) * rstd(c); };
      double sum = 0, projection = 0;  // of dy, and of dy on the normalised x
      for_each<3>(slice, {dy_walk, x_walk, y_walk}, [&](int64_t i, int64_t j, int64_t k) {
        sum += grad(i, k);
        projection += grad(i, k) * normalized(j);
      });
      if (dweight) dweight.set(projection, c);
      if (dbias) dbias.set(sum, c);
      if (!dx) continue;
      const double scale = rstd(c) * (weight ? weight(c) : 1);
      const int64_t dx0 = c * args.dx.strides[1];
      // The batch statistics depend on x too: their part of the gradient is the mean of dy and its projection
      // on x.
      for_each<4>(slice, {without(args.dx.strides, 1), dy_walk, x_walk, y_walk},
                  [&](int64_t o, int64_t i, int64_t j, int64_t k) {
                    const double through_statistics =
                        args.training ? (sum + normalized(j) * projection) / n : 0;
                    dx.set_at(dx0 + o, scale * (grad(i, k) - through_statistics));
                  });
    }
  });
}

}  // namespace infograd
