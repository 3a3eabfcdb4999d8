#include <cmath>

#include <infograd/autograd/grad_mode.h>
#include <infograd/core/check.h>
#include <infograd/losses/estimators/diagnostics.h>
#include <infograd/losses/mi/info_nce.h>
#include <infograd/losses/mi/support.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/reduce.h>
#include <infograd/ops/shape_ops.h>

namespace infograd::losses {

double effective_negatives(const Scores& scores) {
  if (scores.negative_count() == 0) return 0;
  const NoGrad no_grad;
  return Partition(scores.detached_f64()).ess;
}

double ema_log_ratio(const Scores& scores, const MineState& state, double ema_decay) {
  const NoGrad no_grad;
  check<ValueError>(state.t > 0, "ema_log_ratio: the state has not seen a batch yet");
  return log_mean_exp_negatives(scores.detached_f64()).item() - state.log_average(ema_decay);
}

double clipped_fraction(const Scores& scores, double tau) {
  check_positive("clipped_fraction", "tau", tau);
  if (scores.negative_count() == 0) return 0;
  const NoGrad no_grad;
  return sum(gt(abs(scores.negative_or(0)), tau).to(DType::f64)).item() /
         static_cast<double>(scores.negative_count());
}

CapCheck check_cap(const Tensor& scores) {
  const NoGrad no_grad;
  const int64_t k = Scores(scores).pair_count();
  check<ValueError>(k >= 8, "check_cap: {} pairs; at least 8 are needed for a quarter to have negatives", k);
  const auto leading = [&](int64_t n) {
    return -info_nce(slice(slice(scores, 0, 0, n), 1, 0, n)).to(DType::f64).item();
  };
  CapCheck check{.quarter = leading(k / 4), .half = leading(k / 2), .full = leading(k)};
  check.cap_limited = check.half - check.quarter > 0.5 && check.full - check.half > 0.5;
  return check;
}

Gap generalization_gap(const Estimate& training, const Estimate& held_out) {
  return {training.nats - held_out.nats, std::hypot(training.std_error, held_out.std_error)};
}

}  // namespace infograd::losses
