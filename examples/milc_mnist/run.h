// One training run and what it is worth.
#pragma once

#include "../shared/run_journal.h"
#include "digits.h"
#include "methods.h"
#include "options.h"

namespace milc {

struct Run {
  double test_error = 0, train_error = 0;       ///< in [0, 1], of the model after the last step
  double ce = 0, hm = 0, h_labels = 0, mi = 0;  ///< of the test set, nats
  double bound_certified = 0;  ///< lower bound on test_error that holds, from the confusion matrix
  double bound_plug_in = 0;    ///< Fano of the learned mutual information: an estimate, no bound
  double force = 0;            ///< |dHm| / |dCE| with respect to the logits of the last batch
};

shared::Numbers to_numbers(const Run& run);
void from_numbers(const shared::Numbers& numbers, Run& run);

/// MLP 784-256-128-10, SGD with momentum .9, weight decay 5e-4, rate .05 falling to 0 along a cosine. Subset,
/// initial weights and order of the batches depend on the seed alone.
Run train_and_test(const Digits& digits, const TrainingSet& set, const Method& method, uint64_t seed,
                   const Options& options);

}  // namespace milc
