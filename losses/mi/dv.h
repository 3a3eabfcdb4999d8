// The Donsker-Varadhan bound.
#pragma once

#include <infograd/losses/mi/options.h>
#include <infograd/losses/scores.h>

namespace infograd::losses {

/// -J, J = mean(positive) - log mean exp(negative). Optimal critic: log r + const. Kind lower (population);
/// the batch value is biased upwards. Invariant to adding a constant to all scores.
INFOGRAD_API Tensor dv(const Scores& scores, const ScoreOptions& options = {});

}  // namespace infograd::losses
