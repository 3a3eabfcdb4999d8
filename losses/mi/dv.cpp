#include <infograd/autograd/grad_mode.h>
#include <infograd/losses/mi/dv.h>
#include <infograd/losses/mi/estimates.h>
#include <infograd/losses/mi/support.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/reduce.h>

namespace infograd::losses {

Estimate dv_estimate(const Scores& scores, const ScoreOptions& options) {
  const NoGrad no_grad;
  const Scores s = scores.detached_f64();
  const Partition partition(s);
  Estimate estimate = start_estimate(s, Kind::lower);
  estimate.nats = mean_of(s.positive()) - partition.log_mean;
  estimate.std_error = standard_error(per_pair(s.positive()) - partition.influence);
  estimate.raise(Flag::finite_sample_bias_up);
  if (partition.ess < options.thresholds.low_ess) estimate.raise(Flag::low_ess);
  return estimate;
}

Tensor dv(const Scores& scores, const ScoreOptions& options) {
  if (is_degenerate("dv", scores, Kind::lower, options)) return zero_loss(scores);
  if (options.report != nullptr) *options.report = dv_estimate(scores, options);
  return log_mean_exp_negatives(scores) - mean(scores.positive());
}

}  // namespace infograd::losses
