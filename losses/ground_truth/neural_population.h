// Populations of noisy neurons whose information about their input is known: exactly, and by the asymptotic
// formula that neural population infomax maximises. Nats.
#pragma once

#include <cstdint>
#include <vector>

#include <infograd/core/tensor.h>

namespace infograd::losses::ground_truth {

/// x normal with covariance sigma [K, K]; counts[k] neurons respond with w_k^T x, w_k column k of filters
/// [K, K1], plus independent Gaussian noise of standard deviation noise. The asymptotic formula is exact
/// here.
struct INFOGRAD_API LinearGaussianPopulation {
  Tensor sigma, filters;  ///< f64
  std::vector<double> counts;
  double noise = 1;

  /// 1/2 ln det(I + Sigma J), J the Fisher information of the responses.
  double information() const;
  /// 1/2 ln det(Sigma J): without what the distribution of x itself says.
  double fisher_only() const;
};

/// (K0 / 2) ln(1 + n / K0): the most that n linear neurons carry about K0 whitened dimensions when their mean
/// signal-to-noise ratio is bounded by 1. k0 >= 1, n >= 0.
INFOGRAD_API double npi_linear_optimum(int64_t k0, double n);

/// x standard normal, `neurons` identical Poisson neurons of mean s(beta x)^2 / 4, s the logistic function:
/// only the total count matters. Quadrature on [-9, 9]. ValueError unless neurons and beta are positive.
struct INFOGRAD_API PoissonPopulation {
  int64_t neurons = 100;
  double beta = 1.81;

  double exact() const;        ///< I(x; total count)
  double asymptotic() const;   ///< 1/2 <ln(1 + n g'^2)>, g = 2 sqrt(mean)
  double fisher_only() const;  ///< 1/2 <ln(n g'^2)>
};

}  // namespace infograd::losses::ground_truth
