#include <infograd/core/check.h>
#include <infograd/losses/regression/ssim.h>
#include <infograd/ops/conv.h>
#include <infograd/ops/creation.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/reduce.h>
#include <infograd/ops/shape_ops.h>

namespace infograd::losses {
namespace {

void check_inputs(const Tensor& x, const Tensor& y, const SsimOptions& options) {
  check_same("ssim", x, y);
  check_floating("ssim", "x", x);
  check<ShapeError>(x.rank() == 4 && x.shape() == y.shape() && x.numel() > 0,
                    "ssim: x {} and y {} must be images [B, C, H, W] of one shape", describe(x), describe(y));
  check<ValueError>(options.window >= 1 && options.c1 >= 0 && options.c2 >= 0,
                    "ssim: window = {}, c1 = {}, c2 = {}: the window is at least 1, the others at least 0",
                    options.window, options.c1, options.c2);
  check<ShapeError>(options.window <= x.size(2) && options.window <= x.size(3),
                    "ssim: a window of {0} x {0} does not fit into x {1}", options.window, describe(x));
}

/// Means over all windows of a square: along columns, then along rows, for 2 n cells instead of n^2.
Tensor average(const Tensor& x, int window) {
  const Tensor columns = avg_pool2d(x, {.kernel = {window, 1}, .stride = {1, 1}});
  return avg_pool2d(columns, {.kernel = {1, window}, .stride = {1, 1}});
}

/// 1 for each window without a masked pixel, [B, C, h, w] or [B, 1, h, w].
Tensor whole_windows(const Tensor& x, const Tensor& mask, int window) {
  check<ShapeError>(mask.shape() == x.shape() || mask.shape() == Shape{x.size(0), 1, x.size(2), x.size(3)},
                    "ssim: mask {} must have the shape of x {} or one channel", describe(mask), describe(x));
  check<DTypeError>(mask.dtype() == x.dtype() || mask.dtype() == DType::b8,
                    "ssim: mask {} must be b8 or have the dtype of x {}", describe(mask), describe(x));
  check<ValueError>(!mask.requires_grad(), "ssim: mask {} requires a gradient, but is a constant; detach it",
                    describe(mask));
  const Tensor masked = logical_not(gt(mask.to(x.dtype()), 0)).to(x.dtype());
  return eq(average(masked, window), 0);
}

}  // namespace

Tensor ssim(const Tensor& x, const Tensor& y, const SsimOptions& options) {
  check_inputs(x, y, options);
  const int window = options.window;
  const Tensor mean_x = average(x, window), mean_y = average(y, window);
  const Tensor squares = square(mean_x) + square(mean_y), product = mean_x * mean_y;
  const Tensor variances = average(square(x) + square(y), window) - squares;
  const Tensor covariance = average(x * y, window) - product;
  const Tensor index = ((product * 2.0 + options.c1) * (covariance * 2.0 + options.c2)) /
                       ((squares + options.c1) * (variances + options.c2));
  const Axes over = options.reduction == Reduction::mean ? Axes{} : Axes{1, 2, 3};
  Tensor result;
  if (options.mask.defined()) {
    const Tensor whole = expand(whole_windows(x, options.mask, window), index.shape());
    const Tensor count = sum(whole.to(DType::f64), over);
    check<ValueError>(max(count).item() > 0, "ssim: the mask leaves no window of {0} x {0} whole",
                      options.window);
    result = sum(where(whole, index, 0.0), over) / maximum(count, ones_like(count)).to(x.dtype());
  } else {
    result = mean(index, over);
  }
  return options.reduction == Reduction::sum ? sum(result) : result;
}

}  // namespace infograd::losses
