// The baselines of neural population infomax: infomax ICA by mini-batches, and symmetric FastICA.
#pragma once

#include <cstdint>
#include <vector>

#include <infograd/core/tensor.h>
#include <infograd/losses/mi/population_infomax/history.h>

namespace infograd::losses {

struct IcaResult {
  Tensor c;  ///< f64 [K0, K1], unmixing transposed: sources are c^T x_hat
  std::vector<NpiEpoch> history{};
  bool converged = false;  ///< fast_ica: its tolerance was met
};

struct InfomaxIcaOptions {
  int epochs = 300;
  int64_t batch = 50;
  double first_lr = 0.01, last_lr = 1e-4;  ///< exponential over the epochs; a short decay under-trains
  double beta = 1.81;
  uint64_t seed = 0;              ///< of the initial C, and of the order of the samples
  Tensor initial_c{};             ///< f64 [K0, K0]
  int trace_every = 0;            ///< >= 0, of NpiOptions
  int64_t trace_samples = 20000;  ///< >= 10
};
/// W += lr (I - <beta tanh(beta u / 2) u^T>) W with u = W x of a batch, W = C^T; reshuffled every epoch, a
/// last incomplete batch is left out. Settings of arXiv:1611.01886, form of the update ours. x_hat [K0, M].
/// ValueError for x_hat that is not finite, weights that are not after an epoch (a rate too large), and
/// options outside their range.
INFOGRAD_API IcaResult infomax_ica(const Tensor& x_hat, const InfomaxIcaOptions& options = {});

struct FastIcaOptions {
  int64_t n_filters = 0;  ///< K1 <= K0; 0: K0
  int max_iterations = 300;
  double tolerance = 1e-4;  ///< stops when every |1 - |c_new^T c_old|| is below
  uint64_t seed = 0;
  Tensor initial_c{};             ///< f64 [K0, K1]
  int trace_every = 0;            ///< >= 0, of NpiOptions
  int64_t trace_samples = 20000;  ///< >= 10
};
/// Symmetric, contrast log cosh with alpha = 1: c+ = <x tanh(c^T x)> - <1 - tanh^2(c^T x)> c, then
/// C (C^T C)^(-1/2). x_hat [K0, M] white. ValueError for x_hat that is not finite, dependent columns of
/// initial_c, and options outside their range.
INFOGRAD_API IcaResult fast_ica(const Tensor& x_hat, const FastIcaOptions& options = {});

}  // namespace infograd::losses
