// Whitening for neural population infomax: which directions of the data are kept, and at what scale.
#pragma once

#include <cstdint>

#include <infograd/core/tensor.h>

namespace infograd::losses {

enum class NpiWhitening : uint8_t {
  pca,  ///< x_hat = Sigma0^(-1/2) U0^T (x - mean), [K0, M]
  zca   ///< x_hat = U Sigma^(-1/2) U^T (x - mean), [K, M]; needs K0 = K
};

struct WhitenerOptions {
  /// K0 is the smallest with sqrt(kept variance / all variance) >= eps, in (0, 1]. Note the square root:
  /// 0.98 keeps 96.04 % of the variance. 1: K0 = K.
  double eps = 0.98;
  int64_t k0 = 0;  ///< > 0 overrides the rule
  NpiWhitening kind = NpiWhitening::pca;
};

/// All f64 on the CPU.
struct INFOGRAD_API Whitener {
  Tensor mean{};     ///< [K, 1]
  Tensor vectors{};  ///< [K, K] U: a column per eigenvector, largest variance first, the entry of largest
                     ///< magnitude positive
  Tensor values{};   ///< [K] sigma^2, divisor M - 1
  int64_t k0 = 0;
  NpiWhitening kind = NpiWhitening::pca;

  /// [K, K0] U0 Sigma0^power, for zca times U^T: its transpose with power -1/2 whitens, with power 1/2 it
  /// brings whitened data back.
  Tensor scaled_basis(double power) const;
  /// x_hat of data [K, M].
  Tensor whiten(const Tensor& data) const;
};

/// data [K, M], f32 or f64, samples as columns, M >= 2. Throws ShapeError; ValueError for data that are not
/// finite, eps outside (0, 1], k0 > K, zca with K0 < K, and when sigma_K0^2 <= 1e-12 sigma_1^2 (for instance
/// when every patch had its mean removed and eps = 1).
INFOGRAD_API Whitener fit_whitener(const Tensor& data, const WhitenerOptions& options = {});

}  // namespace infograd::losses
