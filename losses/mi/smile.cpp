#include <cmath>
#include <limits>

#include <infograd/autograd/grad_mode.h>
#include <infograd/losses/estimators/diagnostics.h>
#include <infograd/losses/mi/jsd.h>
#include <infograd/losses/mi/smile.h>
#include <infograd/losses/mi/support.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/reduce.h>

namespace infograd::losses {
namespace {

Estimate smile_estimate(const Scores& scores, double tau, const ScoreOptions& options) {
  const Scores s = scores.detached_f64();
  const Partition partition(s.clipped(tau));
  Estimate estimate = start_estimate(s, Kind::neither);
  estimate.nats = mean_of(s.positive()) - partition.log_mean;
  estimate.std_error = standard_error(per_pair(s.positive()) - partition.influence);
  estimate.raise(Flag::finite_sample_bias_up);
  const double hits = sum(gt(abs(s.negative_or(0)), tau).to(DType::f64)).item();
  if (hits > options.thresholds.clipped_fraction * static_cast<double>(s.negative_count()))
    estimate.raise(Flag::clipped_fraction);
  return estimate;
}

}  // namespace

Tensor smile(const Scores& scores, const SmileOptions& options) {
  check_positive("smile", "tau", options.tau);
  if (is_degenerate("smile", scores, Kind::neither, options.common)) return zero_loss(scores);
  ScoreOptions unchecked;
  unchecked.on_nonfinite = OnNonFinite::ignore;  // just looked
  const Tensor trained = jsd(scores, {.common = unchecked});
  const NoGrad no_grad;
  if (options.common.report != nullptr)
    *options.common.report = smile_estimate(scores, options.tau, options.common);
  const Tensor value = log_mean_exp_negatives(scores.clipped(options.tau)) - mean(scores.positive());
  const Tensor correction = value - trained.detach();
  const EnableGrad enable_grad;
  return trained + correction;
}

}  // namespace infograd::losses
