#include <infograd/autograd/grad_mode.h>
#include <infograd/core/check.h>
#include <infograd/losses/mi/primitives.h>
#include <infograd/losses/mi/support.h>
#include <infograd/losses/mi/tuba.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/reduce.h>
#include <infograd/ops/shape_ops.h>

namespace infograd::losses {
namespace {

Estimate tuba_estimate(const Scores& shifted, const ScoreOptions& options) {
  const NoGrad no_grad;
  const Scores s = shifted.detached_f64();
  const Partition partition(s);
  const double product = guarded_exp(partition.log_mean);
  Estimate estimate = start_estimate(s, Kind::lower);
  estimate.nats = 1 + mean_of(s.positive()) - product;
  estimate.std_error = standard_error(s.positive() - partition.influence * product);
  if (partition.ess < options.thresholds.low_ess) estimate.raise(Flag::low_ess);
  if (partition.log_mean > kGuardedExpMax) estimate.raise(Flag::exp_clamped);
  return estimate;
}

}  // namespace

Tensor tuba(const Scores& scores, const Tensor& log_a, const ScoreOptions& options) {
  check_defined("tuba", "log_a", log_a);
  check<ShapeError>(
      scores.is_matrix() && scores.negative().rank() == 2 && log_a.shape() == Shape{scores.pair_count()},
      "tuba: scores {} and log_a {}: a matrix [K, K] and one baseline per column [K] are needed",
      describe(scores.negative()), describe(log_a));
  check_same("tuba", scores.negative(), log_a);
  const Scores shifted = scores.minus_columns(log_a);
  if (is_degenerate("tuba", shifted, Kind::lower, options)) return zero_loss(shifted);
  if (options.report != nullptr) *options.report = tuba_estimate(shifted, options);
  return guarded_exp(log_mean_exp_negatives(shifted)) - mean(shifted.positive()) - 1.0;
}

}  // namespace infograd::losses
