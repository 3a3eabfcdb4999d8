// Private: log-determinants and inverses of Gram matrices that are never formed.
#pragma once

#include <infograd/core/tensor.h>

namespace infograd::losses {

/// Of c diag(d)^2 c^T, c [K0, K1] and d [..., K1], d > 0.
struct WeightedGram {
  Tensor log_det;       ///< [...]
  Tensor inverse_on_c;  ///< [..., K0, K1]: (c diag(d)^2 c^T)^-1 c
};
/// By QR of the rows of (c diag(d))^T in the order of decreasing d, which keeps it accurate when d spans
/// many orders of magnitude; the square would lose half of the digits.
WeightedGram weighted_gram(const Tensor& c, const Tensor& d);

struct Dual {
  double log_volume;  ///< 1/2 ln det(c c^T); ln |det c| of a square c
  Tensor matrix;      ///< (c c^T)^-1 c: the pseudo-inverse, transposed
};
/// c f64 [K0, K1] of full row rank.
Dual dual(const Tensor& c);

}  // namespace infograd::losses
