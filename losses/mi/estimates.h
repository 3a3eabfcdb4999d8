// Private: estimates that several losses report.
#pragma once

#include <infograd/losses/mi/options.h>
#include <infograd/losses/scores.h>

namespace infograd::losses {

/// The Donsker-Varadhan value.
Estimate dv_estimate(const Scores& scores, const ScoreOptions& options);
/// The NWJ value of scores + shift.
Estimate nwj_estimate(const Scores& scores, double shift, const ScoreOptions& options);

}  // namespace infograd::losses
