// SMILE: trained as JSD, read as a clipped Donsker-Varadhan value.
#pragma once

#include <infograd/losses/mi/options.h>
#include <infograd/losses/scores.h>

namespace infograd::losses {

struct SmileOptions {
  double tau = 5;  ///< clip of the negative scores, > 0; infinity gives the DV value
  ScoreOptions common{};
};

/// The value of the loss is -(mean(positive) - log mean exp(clip(negative, -tau, tau))), its gradient is
/// exactly that of jsd. Optimal critic: log r. Kind neither (biased upwards).
INFOGRAD_API Tensor smile(const Scores& scores, const SmileOptions& options = {});

}  // namespace infograd::losses
