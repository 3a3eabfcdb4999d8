// Private: the descent of Algorithms 1 and 2 on whitened data.
#pragma once

#include <infograd/losses/mi/population_infomax/population_infomax.h>

namespace infograd::losses {

struct NpiSolution {
  Tensor c, bias;
  double beta;
  std::vector<NpiEpoch> history;
  bool converged;
};
/// x_hat [K0, M] of options.dtype, c [K0, K1] with orthonormal rows, `algorithm` not automatic.
NpiSolution npi_descend(const Tensor& x_hat, const Tensor& c, NpiAlgorithm algorithm,
                        const NpiOptions& options);

}  // namespace infograd::losses
