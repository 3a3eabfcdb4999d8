// Private: what the vector pass of population_pass.cpp adds up.
#pragma once

namespace infograd {

/// One neuron over some samples.
struct PopulationRow {
  double beta, bias, gain;
  bool slope;  ///< weight phi' instead of (ln phi)'
  double log_phi = 0, phi = 0, tanh = 0;
};

}  // namespace infograd
