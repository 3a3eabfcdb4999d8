// Training without labels by one objective.
#pragma once

#include <string>
#include <vector>

#include "encoder.h"
#include "probe.h"

namespace mige_dim {

struct Run {
  std::string method;
  uint64_t seed = 0;

  std::vector<ig::losses::SsgeInfo> joint{}, marginal{};  ///< of MIGE, after every update
  int64_t updates = 0;
  double seconds = 0;  ///< of training
  Accuracy accuracy{};
};

/// Trains a fresh encoder ("untrained": only its batch norms see ten batches) and probes it. Initial weights
/// and batches depend on the seed alone. Throws ValueError when the objective is not finite.
void train_and_probe(Run& run, const Images& images, const Options& options);

}  // namespace mige_dim
