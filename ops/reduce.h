// Reductions. `axes` empty = all axes; negative axes count from the end. Sums associate in a fixed order that
// depends on shapes only. Empty: sum 0, prod 1, max -inf, min +inf, logsumexp -inf, mean NaN.
#pragma once

#include <infograd/core/tensor.h>
#include <infograd/ops/axes.h>

namespace infograd {

INFOGRAD_API Tensor sum(const Tensor& x, const Axes& axes = {}, bool keepdim = false);
INFOGRAD_API Tensor mean(const Tensor& x, const Axes& axes = {}, bool keepdim = false);
/// Sum of squared deviations over n - correction (1: unbiased, 0: population).
INFOGRAD_API Tensor var(const Tensor& x, const Axes& axes = {}, double correction = 1, bool keepdim = false);
INFOGRAD_API Tensor std(const Tensor& x, const Axes& axes = {}, double correction = 1, bool keepdim = false);
INFOGRAD_API Tensor prod(const Tensor& x, const Axes& axes = {}, bool keepdim = false);
/// Largest value; the gradient is shared equally among ties.
INFOGRAD_API Tensor max(const Tensor& x, const Axes& axes = {}, bool keepdim = false);
INFOGRAD_API Tensor min(const Tensor& x, const Axes& axes = {}, bool keepdim = false);
/// log sum exp, stable. A slice that is all -inf gives -inf and gradient 0.
INFOGRAD_API Tensor logsumexp(const Tensor& x, const Axes& axes = {}, bool keepdim = false);
/// p-norm for p = 1 or 2; the gradient at 0 is 0.
INFOGRAD_API Tensor norm(const Tensor& x, double p = 2, const Axes& axes = {}, bool keepdim = false);
/// b8 in, b8 out.
INFOGRAD_API Tensor any(const Tensor& x, const Axes& axes = {}, bool keepdim = false);
INFOGRAD_API Tensor all(const Tensor& x, const Axes& axes = {}, bool keepdim = false);

/// i64 index of the first largest element along `axis`.
INFOGRAD_API Tensor argmax(const Tensor& x, int axis = -1, bool keepdim = false);
INFOGRAD_API Tensor argmin(const Tensor& x, int axis = -1, bool keepdim = false);

struct MaxAlong {
  Tensor values;   ///< differentiable: the gradient goes to the chosen element
  Tensor indices;  ///< i64
};
INFOGRAD_API MaxAlong max_along(const Tensor& x, int axis, bool keepdim = false);
INFOGRAD_API MaxAlong min_along(const Tensor& x, int axis, bool keepdim = false);

struct CumsumOptions {
  bool exclusive = false;
  bool reverse = false;
};
INFOGRAD_API Tensor cumsum(const Tensor& x, int axis, const CumsumOptions& options = {});

/// Sums x over the axes along which `shape` was broadcast to x's shape.
INFOGRAD_API Tensor sum_to(const Tensor& x, const Shape& shape);

}  // namespace infograd
