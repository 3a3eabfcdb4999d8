// Small pieces the losses of this folder share.
#pragma once

#include <infograd/core/tensor.h>

namespace infograd::losses {

/// Where guarded_exp stops being exp: e^40 squared still fits f32.
inline constexpr double kGuardedExpMax = 40;
/// e^u up to kGuardedExpMax, then its tangent e^max (1 + u - max): once differentiable, finite gradients in
/// f32.
INFOGRAD_API Tensor guarded_exp(const Tensor& u);
INFOGRAD_API double guarded_exp(double u);

/// Rows of z divided by max(norm, eps): a zero row stays zero and its gradient is finite. z [K, d].
INFOGRAD_API Tensor normalize_rows(const Tensor& z, double eps = 1e-12);

/// Of the score matrix S [K, K] = scale * u v^T, u and v [K, d]: log-sum-exp of each row, of each column, and
/// the diagonal, as [3, K]. S never exists; backward computes it again, tile by tile. labels [K] i64 (or
/// undefined) remove the entries i != j with equal labels. `tile` = 0 chooses from K. The second derivative
/// throws NotImplemented.
INFOGRAD_API Tensor all_pairs_lse(const Tensor& u, const Tensor& v, double scale = 1,
                                  const Tensor& labels = {}, int64_t tile = 0);
/// The same of a given matrix [K, K]; differentiable twice. Entries may be -inf (masked) off the diagonal.
INFOGRAD_API Tensor all_pairs_lse(const Tensor& scores);

}  // namespace infograd::losses
