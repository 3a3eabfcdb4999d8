#include <cmath>

#include <infograd/autograd/grad_mode.h>
#include <infograd/losses/mi/estimates.h>
#include <infograd/losses/mi/nwj.h>
#include <infograd/losses/mi/primitives.h>
#include <infograd/losses/mi/support.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/reduce.h>

namespace infograd::losses {

Estimate nwj_estimate(const Scores& scores, double shift, const ScoreOptions& options) {
  const NoGrad no_grad;
  const Scores s = scores.detached_f64();
  const Partition partition(s);
  const double exponent = partition.log_mean + shift - 1;
  const double product = guarded_exp(exponent);
  Estimate estimate = start_estimate(s, Kind::lower);
  estimate.nats = mean_of(s.positive()) + shift - product;
  estimate.std_error = standard_error(per_pair(s.positive()) - partition.influence * product);
  if (partition.ess < options.thresholds.low_ess) estimate.raise(Flag::low_ess);
  if (exponent > kGuardedExpMax) estimate.raise(Flag::exp_clamped);
  return estimate;
}

Tensor nwj(const Scores& scores, const NwjOptions& options) {
  if (is_degenerate("nwj", scores, Kind::lower, options.common)) return zero_loss(scores);
  if (options.common.report != nullptr)
    *options.common.report = nwj_estimate(scores, options.shift, options.common);
  return guarded_exp(log_mean_exp_negatives(scores) + (options.shift - 1)) - mean(scores.positive()) -
         options.shift;
}

}  // namespace infograd::losses
