// Two Gaussian classes, a case in which everything is known.
#pragma once

#include <infograd/core/tensor.h>

namespace infograd::losses::ground_truth {

/// Y in {-1, +1}, P(Y = +1) = q, X given Y normal with mean Y mu and covariance Sigma in R^n. Everything
/// depends on q and d = sqrt(mu^T Sigma^-1 mu) alone: t = mu^T Sigma^-1 x / d is sufficient, normal of mean
/// Y d and of variance one. Nats. Our reading of the data model of the MILC papers. d >= 0 and q in (0, 1),
/// else ValueError.
struct INFOGRAD_API BinaryGaussian {
  double d = 1, q = 0.5;

  /// mu [n], sigma [n, n], f32 or f64. Throws ValueError unless sigma is symmetric and positive definite.
  static BinaryGaussian from(const Tensor& mu, const Tensor& sigma, double q);

  /// I(X; Y), by quadrature: absolute error below 1e-13 for d in [0.01, 20].
  double mutual_information() const;
  /// Error probability of the best decision.
  double bayes_error() const;
  /// H(Y).
  double label_entropy() const;

  struct Bounds {
    double ug, uk, uv, uh;  ///< I <= each: Gaussian entropy, pairwise KL divergence, variance, Hellman-Raviv
    double lb, lr, lf;      ///< I >= each: Bhattacharyya, Renyi (may be negative), Fano
    double pe_lb_exact;     ///< error >= h^-1(H(Y) - I)
    double pe_lb_upper;     ///< the same with min(ug, uk, H(Y)) for I
  };
  Bounds bounds() const;

  /// Logits [N, 2] of the posterior, columns -1 and +1, of the sufficient statistic t [N] (f32 or f64): their
  /// softmax is P(Y | X).
  Tensor posterior_logits(const Tensor& t) const;
};

}  // namespace infograd::losses::ground_truth
