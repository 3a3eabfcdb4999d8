// NWJ (also f-GAN KL, MINE-f).
#pragma once

#include <infograd/losses/mi/options.h>
#include <infograd/losses/scores.h>

namespace infograd::losses {

struct NwjOptions {
  double shift = 0;  ///< added to the scores: 1 for a critic trained to log r (JSD, SMILE)
  ScoreOptions common{};
};

/// -J, J = mean(positive) - mean exp(negative - 1). Optimal critic: 1 + log r. Kind lower, value and gradient
/// unbiased, no cap; the variance grows like e^I. The exponential continues linearly above e^40 (flag
/// exp_clamped: no bound any more).
INFOGRAD_API Tensor nwj(const Scores& scores, const NwjOptions& options = {});

}  // namespace infograd::losses
