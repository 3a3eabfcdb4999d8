// Private: one pass over the samples of a population of sigmoid neurons: everything that the objectives of
// neural population infomax need of a candidate, value and gradient alike.
#pragma once

#include <infograd/backends/view.h>

namespace infograd {

/// With y = c^T x of every column x, u = beta y + bias and phi = gain s(u) (1 - s(u)), s the logistic
/// function.
struct PopulationPass {
  /// What multiplies x in `products`: (ln phi)' = -beta tanh(u/2), or phi' = phi (ln phi)'.
  enum class Weight : uint8_t { log_slope, slope };

  ConstView filters;  ///< c [K0, K1], f64 or f32, row-major
  ConstView data;     ///< x [K0, M] of the same type, row-major; M > 0
  ConstView bias{};   ///< f64 [K1]; empty: 0
  double beta = 1, gain = 1;
  Weight weight = Weight::log_slope;
  int64_t chunk = 1024;  ///< columns at a time
  View moments;          ///< f64 [3, K1], row-major: sums over samples of ln phi, of phi and of tanh(u/2)
  View products;         ///< f64 [K0, K1], row-major: sum over samples of x weight^T
};

/// On the host. Chunks are added in an order that depends on M and `chunk` only, so the result is the same
/// for any number of threads.
INFOGRAD_API void population_pass(const PopulationPass& pass);

}  // namespace infograd
