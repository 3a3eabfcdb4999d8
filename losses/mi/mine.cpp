#include <algorithm>
#include <cmath>

#include <infograd/core/check.h>
#include <infograd/losses/mi/estimates.h>
#include <infograd/losses/mi/mine.h>
#include <infograd/losses/mi/primitives.h>
#include <infograd/losses/mi/support.h>
#include <infograd/ops/creation.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/reduce.h>

namespace infograd::losses {
namespace {

double log_add_exp(double a, double b) {
  const double high = std::max(a, b), low = std::min(a, b);
  return std::isinf(low) ? high : high + std::log1p(std::exp(low - high));
}

}  // namespace

double MineState::log_average(double ema_decay) const {
  if (t == 0) return log_m;  // -inf, and so would be the correction
  return log_m - std::log1p(-std::pow(ema_decay, static_cast<double>(t)));
}

Tensor MineState::save() const {
  return tensor({log_m, static_cast<double>(t)}, DType::f64);
}

void MineState::load(const Tensor& saved) {
  check_defined("MineState::load", "saved", saved);
  check<ShapeError>(saved.shape() == Shape{2} && saved.dtype() == DType::f64,
                    "MineState::load: {} is not the f64 [2] that save() returns", describe(saved));
  const auto values = saved.to_vector<double>();
  check<ValueError>(!std::isnan(values[0]) && values[1] >= 0,
                    "MineState::load: log average {} after {} updates is no state that save() returns",
                    values[0], values[1]);
  log_m = values[0];
  t = static_cast<int64_t>(values[1]);
}

Tensor mine(const Scores& scores, MineState& state, const MineOptions& options) {
  const double b = options.ema_decay;
  check<ValueError>(b >= 0 && b < 1,
                    "mine: ema_decay {} is outside [0, 1): it is the weight of the old value", b);
  if (is_degenerate("mine", scores, Kind::lower, options.common)) return zero_loss(scores);
  const Tensor batch = log_mean_exp_negatives(scores);
  const double log_batch = batch.item();
  if (options.training) {
    state.log_m = log_add_exp(std::log(b) + state.log_m, std::log1p(-b) + log_batch);
    ++state.t;
  }
  // Before the first update there is no average; the batch stands in for it.
  const double log_average = state.t == 0 ? log_batch : state.log_average(b);
  const double excess = log_batch - log_average;
  if (options.common.report != nullptr) {
    Estimate estimate = dv_estimate(scores, options.common);
    if (std::abs(excess) > options.common.thresholds.ema_mismatch) estimate.raise(Flag::ema_mismatch);
    if (excess > kGuardedExpMax) estimate.raise(Flag::exp_clamped);
    *options.common.report = estimate;
  }
  return guarded_exp(batch - log_average) - mean(scores.positive());
}

}  // namespace infograd::losses
