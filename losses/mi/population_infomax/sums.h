// Private: what the samples contribute to an objective, value and gradient in one pass.
#pragma once

#include <infograd/losses/mi/population_infomax/objectives.h>

namespace infograd::losses {

/// What stands for omega in <x omega^T>: phi' / phi = -beta tanh(u / 2), or phi'.
enum class SlopeOf { log_phi, phi };

/// Means over the samples, f64 on the CPU.
struct PopulationSums {
  Tensor log_phi, phi, tanh;  ///< [K1]; tanh(u / 2) is the derivative of -ln phi by the bias
  Tensor products;            ///< [K0, K1] <x omega^T>
};
/// Of y = c^T x, u and phi as in objectives.h. c [K0, K1], x_hat [K0, M], both f64, or both f32: then
/// products and sums over a chunk are in f32. The same bits for any number of threads.
INFOGRAD_API PopulationSums population_sums(const Tensor& c, const Tensor& x_hat,
                                            const NpiPopulation& population, SlopeOf slope);

}  // namespace infograd::losses
