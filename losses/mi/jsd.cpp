#include <limits>

#include <infograd/autograd/grad_mode.h>
#include <infograd/losses/mi/estimates.h>
#include <infograd/losses/mi/jsd.h>
#include <infograd/losses/mi/support.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/reduce.h>

namespace infograd::losses {
namespace {

constexpr double kLog2 = 0.69314718055994530942;

Estimate plug_in_estimate(const Scores& scores) {
  const Scores s = scores.detached_f64();
  Estimate estimate = start_estimate(s, Kind::neither);
  estimate.nats = mean_of(s.positive());
  estimate.std_error = standard_error(per_pair(s.positive()));
  return estimate;
}

/// log 2 + J/2: half the influence of the objective.
Estimate divergence_estimate(const Scores& scores) {
  const Scores s = scores.detached_f64();
  const Tensor product = softplus(s.negative_or(-std::numeric_limits<double>::infinity()));
  const Tensor joint = per_pair(softplus(neg(s.positive())));
  const double objective = -mean_of(joint) - sum(product).item() / static_cast<double>(s.negative_count());
  Estimate estimate = start_estimate(s, Kind::not_mi);
  estimate.nats = kLog2 + objective / 2;
  estimate.cap = kLog2;
  estimate.std_error = standard_error(joint + row_and_column_means(s, product)) / 2;
  return estimate;
}

}  // namespace

Tensor jsd(const Scores& scores, const JsdOptions& options) {
  const Kind kind = options.report_as == JsdReport::nwj          ? Kind::lower
                    : options.report_as == JsdReport::divergence ? Kind::not_mi
                                                                 : Kind::neither;
  if (is_degenerate("jsd", scores, kind, options.common)) return zero_loss(scores);
  if (options.common.report != nullptr) {
    const NoGrad no_grad;
    *options.common.report = options.report_as == JsdReport::nwj ? nwj_estimate(scores, 1, options.common)
                             : options.report_as == JsdReport::divergence ? divergence_estimate(scores)
                                                                          : plug_in_estimate(scores);
  }
  // softplus(-inf) = 0: excluded entries add nothing and receive no gradient.
  const Tensor product = sum(softplus(scores.negative_or(-std::numeric_limits<double>::infinity())));
  return mean(softplus(neg(scores.positive()))) + product / static_cast<double>(scores.negative_count());
}

}  // namespace infograd::losses
