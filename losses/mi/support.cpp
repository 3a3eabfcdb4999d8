#include <cmath>
#include <limits>

#include <infograd/autograd/grad_mode.h>
#include <infograd/backends/late_checks.h>
#include <infograd/backends/waits.h>
#include <infograd/core/check.h>
#include <infograd/losses/mi/support.h>
#include <infograd/ops/creation.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/reduce.h>
#include <infograd/ops/shape_ops.h>

namespace infograd::losses {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// All axes of the negatives but `kept`.
Axes others(const Scores& scores, int kept) {
  Axes axes{1 - kept};
  if (scores.negative().rank() == 3) axes.push_back(2);
  return axes;
}

void report_degenerate(const Scores& scores, Kind kind, Flag flag, Estimate* report) {
  if (report == nullptr) return;
  *report = start_estimate(scores, kind);
  report->raise(flag);
}

}  // namespace

bool is_nonfinite(std::string_view loss, std::initializer_list<const Tensor*> inputs,
                  const ScoreOptions& options) {
  if (options.on_nonfinite == OnNonFinite::ignore) return false;
  for (const Tensor* x : inputs) {
    if (options.on_nonfinite == OnNonFinite::raise && !x->device().is_cpu()) {  // nobody waits for the answer
      late::check_finite(loss, "the scores or features", ConstView(x->detach()), x->device());
      continue;
    }
    const waits::Reason reason(loss);
    if (all(isfinite(x->detach())).item() != 0) continue;
    check<ValueError>(
        options.on_nonfinite == OnNonFinite::flag,
        "{}: NaN or infinity in {}: the network that made it has usually diverged; OnNonFinite::flag gives "
        "loss 0 instead",
        loss, describe(*x));
    return true;
  }
  return false;
}

bool is_degenerate(std::string_view loss, const Scores& scores, Kind kind, const ScoreOptions& options) {
  const bool bad = is_nonfinite(loss, {&scores.negative()}, options) ||
                   (!scores.is_matrix() && is_nonfinite(loss, {&scores.positive()}, options));
  if (bad) {
    report_degenerate(scores, kind, Flag::nonfinite_input, options.report);
    return true;
  }
  if (scores.negative_count() > 0) return false;
  check<ValueError>(!options.strict,
                    "{}: {} pairs without any negative: a batch of one, or every label equal", loss,
                    scores.pair_count());
  report_degenerate(scores, kind, Flag::no_negatives, options.report);
  return true;
}

Tensor zero_loss(std::initializer_list<const Tensor*> inputs) {
  Tensor total;
  for (const Tensor* x : inputs) {
    const Tensor zero = sum(masked_fill(*x, ones({}, DType::b8, x->device()), 0));
    total = total.defined() ? total + zero : zero;
  }
  return total;
}

Tensor zero_loss(const Scores& scores) {
  return zero_loss({&scores.positive(), &scores.negative()});
}

void check_positive(std::string_view loss, std::string_view argument, double value) {
  check<ValueError>(value > 0, "{}: {} = {} must be positive", loss, argument, value);
}

Tensor log_mean_exp_negatives(const Scores& scores) {
  return logsumexp(scores.negative_or(-kInfinity)) - std::log(static_cast<double>(scores.negative_count()));
}

Estimate start_estimate(const Scores& scores, Kind kind) {
  Estimate estimate;
  estimate.kind = kind;
  estimate.n_pos = scores.positive().numel();
  estimate.n_neg = scores.negative_count();
  if (scores.biased()) estimate.raise(Flag::negatives_biased);
  if (scores.has_empty_row()) estimate.raise(Flag::no_negatives);
  return estimate;
}

Tensor per_pair(const Tensor& x) {
  return x.rank() == 1 ? x : mean(x, {1});
}

double standard_error(const Tensor& influence) {
  if (influence.numel() < 2) return std::numeric_limits<double>::quiet_NaN();
  return std(influence).item() / std::sqrt(static_cast<double>(influence.numel()));
}

double mean_of(const Tensor& x) {
  return mean(x).item();
}

Tensor row_and_column_means(const Scores& scores, const Tensor& terms) {
  const double share =
      static_cast<double>(scores.pair_count()) / static_cast<double>(scores.negative_count());
  const Tensor rows = sum(terms, others(scores, 0));
  return (scores.is_matrix() ? rows + sum(terms, others(scores, 1)) : rows) * share;
}

Partition::Partition(const Scores& scores) {
  const Tensor masked = scores.negative_or(-kInfinity);
  const double log_sum = logsumexp(masked).item();
  log_mean = log_sum - std::log(static_cast<double>(scores.negative_count()));
  ess = std::exp(2 * log_sum - logsumexp(masked * 2.0).item());
  influence = row_and_column_means(scores, exp(masked - log_mean));
}

}  // namespace infograd::losses
