// The Jensen-Shannon objective of Deep InfoMax.
#pragma once

#include <infograd/losses/mi/options.h>
#include <infograd/losses/scores.h>

namespace infograd::losses {

/// What the estimate of a critic trained by JSD says.
enum class JsdReport : uint8_t {
  plug_in,    ///< mean(positive): neither
  nwj,        ///< NWJ of scores + 1: lower
  divergence  ///< the Jensen-Shannon divergence log 2 + J/2: not MI, cap log 2
};

struct JsdOptions {
  JsdReport report_as = JsdReport::plug_in;
  ScoreOptions common{};
};

/// -J, J = -mean softplus(-positive) - mean softplus(negative). Optimal critic: log r. J is not mutual
/// information.
INFOGRAD_API Tensor jsd(const Scores& scores, const JsdOptions& options = {});

}  // namespace infograd::losses
