// All pairs of rows.
#pragma once

#include <infograd/core/tensor.h>

namespace infograd {

/// |x_i - y_j|^2 as [m, n], of x [m, d] and y [n, d]; f32 or f64. Without y, of x with itself: symmetric,
/// with a diagonal of exact zeros, at half the cost. Costs one matrix product; distances small against the
/// norms are computed by their definition, so equal rows are exactly 0 apart. Differentiable twice.
INFOGRAD_API Tensor squared_distances(const Tensor& x, const Tensor& y = {});

}  // namespace infograd
