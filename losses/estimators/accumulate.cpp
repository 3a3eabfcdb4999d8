#include <algorithm>
#include <cmath>
#include <limits>

#include <infograd/autograd/grad_mode.h>
#include <infograd/core/check.h>
#include <infograd/losses/estimators/accumulate.h>
#include <infograd/losses/mi/info_nce.h>
#include <infograd/losses/mi/primitives.h>
#include <infograd/losses/mi/support.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/reduce.h>
#include <infograd/ops/shape_ops.h>

namespace infograd::losses {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

void append(std::vector<double>& to, const Tensor& x) {
  const std::vector<double> values = x.to_vector<double>();
  to.insert(to.end(), values.begin(), values.end());
}

double mean_of_values(const std::vector<double>& x) {
  double total = 0;
  for (const double value : x) total += value;
  return total / static_cast<double>(x.size());
}

double standard_error_of(const std::vector<double>& x) {
  if (x.size() < 2) return std::numeric_limits<double>::quiet_NaN();
  const double center = mean_of_values(x);
  double squares = 0;
  for (const double value : x) squares += (value - center) * (value - center);
  const auto n = static_cast<double>(x.size());
  return std::sqrt(squares / (n - 1) / n);
}

double log_sum_exp(const std::vector<double>& x) {
  const double largest = *std::max_element(x.begin(), x.end());
  if (std::isinf(largest)) return largest;
  double total = 0;
  for (const double value : x) total += std::exp(value - largest);
  return largest + std::log(total);
}

}  // namespace

MiAccumulator::MiAccumulator(double smile_tau) : tau_(smile_tau) {
  check_positive("MiAccumulator", "smile_tau", smile_tau);
}

void MiAccumulator::add(const Scores& scores) {
  const NoGrad no_grad;
  const Scores s = scores.detached_f64();
  if (is_nonfinite("MiAccumulator", {&s.negative(), &s.positive()}, {})) return;
  const Tensor masked = s.negative_or(-kInfinity), clipped = s.clipped(tau_).negative_or(-kInfinity);
  const Tensor product = softplus(masked);
  const bool local = masked.rank() == 3;
  const Axes per_row = local ? Axes{1, 2} : Axes{1}, per_column = local ? Axes{0, 2} : Axes{0};
  append(positive_, per_pair(s.positive()));
  append(joint_, per_pair(softplus(neg(s.positive()))));
  append(row_lse_, logsumexp(masked, per_row));
  append(row_lse_of_twice_, logsumexp(masked * 2.0, per_row));
  append(clipped_row_lse_, logsumexp(clipped, per_row));
  append(row_softplus_, sum(product, per_row));
  if (s.is_matrix()) {
    append(column_lse_, logsumexp(masked, per_column));
    append(clipped_column_lse_, logsumexp(clipped, per_column));
    append(column_softplus_, sum(product, per_column));
  } else {
    column_lse_.resize(positive_.size(), -kInfinity);
    clipped_column_lse_.resize(positive_.size(), -kInfinity);
    column_softplus_.resize(positive_.size(), 0);
  }
  clipped_count_ += sum(gt(abs(s.negative_or(0)), tau_).to(DType::f64)).item();
  positives_ += s.positive().numel();
  negatives_ += s.negative_count();
  flags_ |= start_estimate(s, Kind::neither).flags;
  if (s.all_pairs() && !local) {
    const Tensor lse = all_pairs_lse(s.negative());
    const Tensor rows = select(lse, 0, 0), columns = select(lse, 0, 1);
    const double cap = std::log(static_cast<double>(s.pair_count()));
    const Tensor value = s.positive() - (rows + columns) * 0.5 + cap;
    const Tensor mass = (sum(exp(s.negative() - unsqueeze(rows, 1)), {0}) +
                         sum(exp(s.negative() - unsqueeze(columns, 0)), {1})) *
                        0.5;
    append(nce_, value);
    append(nce_influence_, value - mass);
    cap_sum_ += cap * static_cast<double>(s.pair_count());
  }
}

Estimate MiAccumulator::start(Kind kind) const {
  check<ValueError>(!positive_.empty(), "MiAccumulator: no batch was added");
  Estimate estimate;
  estimate.kind = kind;
  estimate.n_pos = positives_;
  estimate.n_neg = negatives_;
  for (uint32_t bit = 1; bit != 0; bit <<= 1U)
    if ((flags_ & bit) != 0) estimate.raise(static_cast<Flag>(bit));
  return estimate;
}

bool MiAccumulator::few_effective_negatives() const {
  const double ess = std::exp(2 * log_sum_exp(row_lse_) - log_sum_exp(row_lse_of_twice_));
  return negatives_ > 0 && ess < FlagThresholds{}.low_ess;
}

/// mean(positive) - log mean exp(negative), where row and column hold the log-sum-exps of each pair.
Estimate MiAccumulator::log_ratio(Kind kind, const std::vector<double>& row,
                                  const std::vector<double>& column) const {
  Estimate estimate = start(kind);
  if (negatives_ == 0) return estimate;
  const double log_sum = log_sum_exp(row);
  std::vector<double> influence(positive_.size());
  const auto pairs = static_cast<double>(positive_.size());
  for (size_t i = 0; i < influence.size(); ++i)
    influence[i] = positive_[i] - pairs * (std::exp(row[i] - log_sum) + std::exp(column[i] - log_sum));
  estimate.nats = mean_of_values(positive_) - (log_sum - std::log(static_cast<double>(negatives_)));
  estimate.std_error = standard_error_of(influence);
  estimate.raise(Flag::finite_sample_bias_up);
  return estimate;
}

Estimate MiAccumulator::plug_in() const {
  Estimate estimate = start(Kind::neither);
  estimate.nats = mean_of_values(positive_);
  estimate.std_error = standard_error_of(positive_);
  return estimate;
}

Estimate MiAccumulator::dv() const {
  Estimate estimate = log_ratio(Kind::lower, row_lse_, column_lse_);
  if (few_effective_negatives()) estimate.raise(Flag::low_ess);
  return estimate;
}

Estimate MiAccumulator::smile() const {
  Estimate estimate = log_ratio(Kind::neither, clipped_row_lse_, clipped_column_lse_);
  if (clipped_count_ > FlagThresholds{}.clipped_fraction * static_cast<double>(negatives_))
    estimate.raise(Flag::clipped_fraction);
  return estimate;
}

Estimate MiAccumulator::nwj(double shift) const {
  Estimate estimate = start(Kind::lower);
  if (negatives_ == 0) return estimate;
  const double log_sum = log_sum_exp(row_lse_);
  const double exponent = log_sum - std::log(static_cast<double>(negatives_)) + shift - 1;
  const double product = guarded_exp(exponent);
  std::vector<double> influence(positive_.size());
  const auto pairs = static_cast<double>(positive_.size());
  for (size_t i = 0; i < influence.size(); ++i)
    influence[i] = positive_[i] -
                   product * pairs * (std::exp(row_lse_[i] - log_sum) + std::exp(column_lse_[i] - log_sum));
  estimate.nats = mean_of_values(positive_) + shift - product;
  estimate.std_error = standard_error_of(influence);
  if (few_effective_negatives()) estimate.raise(Flag::low_ess);
  if (exponent > kGuardedExpMax) estimate.raise(Flag::exp_clamped);
  return estimate;
}

Estimate MiAccumulator::jensen_shannon() const {
  constexpr double log_2 = 0.69314718055994530942;
  Estimate estimate = start(Kind::not_mi);
  estimate.cap = log_2;
  if (negatives_ == 0) return estimate;
  const double share = static_cast<double>(positive_.size()) / static_cast<double>(negatives_);
  std::vector<double> influence(positive_.size());
  for (size_t i = 0; i < influence.size(); ++i)
    influence[i] = joint_[i] + share * (row_softplus_[i] + column_softplus_[i]);
  estimate.nats = log_2 - (mean_of_values(joint_) + share * mean_of_values(row_softplus_)) / 2;
  estimate.std_error = standard_error_of(influence) / 2;
  return estimate;
}

Estimate MiAccumulator::info_nce() const {
  check<ValueError>(nce_.size() == positive_.size() && !nce_.empty(),
                    "MiAccumulator: info_nce needs score matrices [K, K] with all pairs as negatives");
  Estimate estimate = start(Kind::lower);
  estimate.nats = mean_of_values(nce_);
  estimate.cap = cap_sum_ / static_cast<double>(nce_.size());
  estimate.std_error = standard_error_of(nce_influence_);
  if (estimate.cap - estimate.nats < FlagThresholds{}.near_cap) estimate.raise(Flag::near_cap);
  return estimate;
}

}  // namespace infograd::losses
