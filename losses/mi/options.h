// What the mutual-information losses have in common: every one is a scalar to minimise, in nats, and fills an
// Estimate on request. The loss and the estimate may differ (JSD, SMILE, MINE): never log one as the other.
#pragma once

#include <cstdint>

#include <infograd/losses/report.h>

namespace infograd::losses {

/// NaN or infinity among the scores.
enum class OnNonFinite : uint8_t {
  raise,  ///< throw ValueError
  flag,   ///< loss 0, zero gradient, flag nonfinite_input
  ignore  ///< do not look: saves a pass over the scores
};

/// When a flag is raised.
struct FlagThresholds {
  double near_cap = 0.5;    ///< nats
  double low_ess = 10;      ///< effective negatives
  double ema_mismatch = 1;  ///< nats
  double clipped_fraction = 0.25;
};

/// Members shared by all options of this folder. A batch without any negative (K = 1) has loss 0, gradient 0
/// and the flag no_negatives; with `strict` it throws ValueError.
struct ScoreOptions {
  bool strict = false;
  OnNonFinite on_nonfinite = OnNonFinite::raise;
  FlagThresholds thresholds{};
  Estimate* report = nullptr;  ///< filled when given; costs an extra pass over the scores
};

}  // namespace infograd::losses
