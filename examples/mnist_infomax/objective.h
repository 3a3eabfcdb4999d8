// The eight objectives on one pair of views, for training and for held-out estimates.
#pragma once

#include <infograd/infograd.h>

#include "model.h"
#include "options.h"

namespace infomax {

/// Loss to minimise, in nats. views [2B, 1, 28, 28]: first all first views, then all second ones. Fills
/// `report` when given. The value of `mige` means nothing, only its gradient; its report is that of InfoNCE.
ig::Tensor objective_loss(Objective objective, const Model& model, const ig::Tensor& views,
                          ig::losses::Estimate* report);

/// Mutual-information estimate of the trained critic on images it was not trained on, batch by batch.
class HeldOut {
 public:
  explicit HeldOut(Objective objective) : objective_(objective) {}
  void add(const Model& model, const ig::Tensor& views);
  ig::losses::Estimate estimate() const;

 private:
  Objective objective_;
  ig::losses::MiAccumulator scores_;
};

}  // namespace infomax
