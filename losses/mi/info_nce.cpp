#include <cmath>
#include <unordered_map>

#include <infograd/autograd/grad_mode.h>
#include <infograd/backends/waits.h>
#include <infograd/core/check.h>
#include <infograd/losses/mi/info_nce.h>
#include <infograd/losses/mi/primitives.h>
#include <infograd/losses/mi/support.h>
#include <infograd/ops/creation.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/reduce.h>
#include <infograd/ops/shape_ops.h>

namespace infograd::losses {
namespace {

/// What all forms share once the log-sum-exps [3, K] are known: loss = mean(lse) - mean(d) - mean log(1 + n).
Tensor loss_of(const Tensor& lse, double cap, Direction direction) {
  const Tensor positive = mean(select(lse, 0, 2));
  const Tensor candidates = direction == Direction::rows      ? mean(select(lse, 0, 0))
                            : direction == Direction::columns ? mean(select(lse, 0, 1))
                                                              : mean(slice(lse, 0, 0, 2));
  return candidates - positive - cap;
}

/// Log of the number of candidates, averaged over the rows, the columns or both.
double mean_log_candidates(const Tensor& row_counts, const Tensor& column_counts, Direction direction) {
  const double rows = mean_of(log1p(row_counts)), columns = mean_of(log1p(column_counts));
  return direction == Direction::rows      ? rows
         : direction == Direction::columns ? columns
                                           : (rows + columns) / 2;
}

/// value: J of each pair; mass: how much probability the others' candidates put on it. Each [2, K]: rows,
/// columns.
void finish(Estimate& estimate, const Tensor& value, const Tensor& mass, double cap,
            const InfoNceOptions& options) {
  const auto pick = [&](const Tensor& x) {
    return options.direction == Direction::rows      ? select(x, 0, 0)
           : options.direction == Direction::columns ? select(x, 0, 1)
                                                     : mean(x, {0});
  };
  estimate.nats = mean_of(pick(value));
  estimate.cap = cap;
  estimate.std_error = standard_error(pick(value) - pick(mass));
  if (cap - estimate.nats < options.common.thresholds.near_cap) estimate.raise(Flag::near_cap);
}

/// Positive minus log-sum-exp plus log of the candidates, for rows and columns: [2, K].
Tensor values(const Tensor& lse, const Tensor& row_counts, const Tensor& column_counts) {
  return unsqueeze(select(lse, 0, 2), 0) - slice(lse, 0, 0, 2) + log1p(stack({row_counts, column_counts}));
}

/// The matrix to sum over: divided by the temperature, -inf where a pair is neither positive nor negative.
Tensor candidates(const Scores& scores, double temperature) {
  const Tensor s = temperature == 1 ? scores.negative() : scores.negative() / temperature;
  if (scores.all_pairs()) return s;
  const Tensor off_diagonal = logical_not(excluded_pairs(scores.pair_count(), {}, s.device()));
  return masked_fill(s, logical_and(scores.excluded(), off_diagonal),
                     -std::numeric_limits<double>::infinity());
}

/// With few drawn negatives per pair the values share hardly any candidate: their own spread is the error.
/// The two directions of a pair do share theirs, so their errors are averaged and not their values.
double drawn_standard_error(const Tensor& value, Direction direction) {
  const double rows = standard_error(select(value, 0, 0)), columns = standard_error(select(value, 0, 1));
  return direction == Direction::rows      ? rows
         : direction == Direction::columns ? columns
                                           : (rows + columns) / 2;
}

Estimate matrix_estimate(const Scores& scores, double cap, const InfoNceOptions& options) {
  const NoGrad no_grad;
  const Scores s = scores.detached_f64();
  const Tensor matrix = candidates(s, options.temperature);
  const Tensor lse = all_pairs_lse(matrix);
  const Tensor row_softmax = exp(matrix - unsqueeze(select(lse, 0, 0), 1));
  const Tensor column_softmax = exp(matrix - unsqueeze(select(lse, 0, 1), 0));
  Estimate estimate = start_estimate(s, Kind::lower);
  finish(estimate, values(lse, s.counts(0), s.counts(1)),
         stack({sum(row_softmax, {0}), sum(column_softmax, {1})}), cap, options);
  if (!s.all_pairs() && !s.biased())
    estimate.std_error = drawn_standard_error(values(lse, s.counts(0), s.counts(1)), options.direction);
  return estimate;
}

Tensor from_matrix(const Scores& scores, const InfoNceOptions& options) {
  const double cap = scores.all_pairs()
                         ? std::log(static_cast<double>(scores.pair_count()))
                         : mean_log_candidates(scores.counts(0), scores.counts(1), options.direction);
  if (options.common.report != nullptr) *options.common.report = matrix_estimate(scores, cap, options);
  return loss_of(all_pairs_lse(candidates(scores, options.temperature)), cap, options.direction);
}

/// Every row with negatives of its own: each pair's value is independent of the others.
Tensor from_pairs(const Scores& scores, const InfoNceOptions& options) {
  check<ValueError>(options.direction == Direction::rows,
                    "info_nce: explicit negatives belong to rows: pass direction = Direction::rows");
  const double cap = std::log1p(static_cast<double>(scores.negative().size(1)));
  const Tensor positive = scores.positive() / options.temperature;
  const Tensor negative = scores.negative_at(options.temperature);
  const Tensor value = positive - logsumexp(concat({unsqueeze(positive, 1), negative}, 1), {1}) + cap;
  if (options.common.report != nullptr) {
    const Tensor per_row = value.detach().to(DType::f64);
    Estimate estimate = start_estimate(scores, Kind::lower);
    finish(estimate, stack({per_row, per_row}), zeros({2, per_row.size(0)}, DType::f64, per_row.device()),
           cap, options);
    *options.common.report = estimate;
  }
  return neg(mean(value));
}

/// Negatives of each pair when equal labels are left out; K - 1 without labels. f64 [K] on the CPU: what is
/// decided by them waits for no device.
Tensor negatives_per_row(int64_t k, const Tensor& labels) {
  std::vector<double> counts(static_cast<size_t>(k), static_cast<double>(k - 1));
  if (labels.defined()) {
    check<DTypeError>(labels.dtype() == DType::i64, "info_nce: labels are {}, but must be i64: class numbers",
                      describe(labels));
    check<ShapeError>(labels.shape() == Shape{k},
                      "info_nce: labels {} for {} pairs: one label per pair is needed", describe(labels), k);
    const waits::Reason reason("info_nce");
    const std::vector<int64_t> values = labels.to_vector<int64_t>();
    std::unordered_map<int64_t, int64_t> members;
    for (const int64_t label : values) ++members[label];
    for (size_t i = 0; i < values.size(); ++i) counts[i] = static_cast<double>(k - members[values[i]]);
  }
  return from_data(counts, {k});
}

Estimate tiled_start(int64_t k, const Tensor& counts, bool labels) {
  Estimate estimate;
  estimate.kind = Kind::lower;
  estimate.n_pos = k;
  estimate.n_neg = static_cast<int64_t>(sum(counts).item());
  if (labels) estimate.raise(Flag::negatives_biased);
  if (min(counts).item() == 0) estimate.raise(Flag::no_negatives);
  return estimate;
}

/// Sum_j softmax_row(j)_i: the column log-sum-exp of S_ij - row_i, which is again a product with one more
/// column.
Tensor probability_mass(const Tensor& u, const Tensor& v, const Tensor& lse,
                        const TiledInfoNceOptions& options) {
  const Tensor one = ones({u.size(0), 1}, u.dtype(), u.device());
  const auto masses = [&](const Tensor& a, const Tensor& b, int64_t which) {
    const Tensor s = all_pairs_lse(a, b, 1 / options.temperature, options.labels, options.tile);
    return exp(select(s, 0, which));
  };
  const auto bias = [&](int64_t which) { return unsqueeze(select(lse, 0, which), 1) * -options.temperature; };
  const Tensor of_rows = masses(concat({u, bias(0)}, 1), concat({v, one}, 1), 1);
  const Tensor of_columns = masses(concat({u, one}, 1), concat({v, bias(1)}, 1), 0);
  return stack({of_rows, of_columns});
}

}  // namespace

Tensor info_nce(const Scores& scores, const InfoNceOptions& options) {
  check_positive("info_nce", "temperature", options.temperature);
  check<ShapeError>(
      scores.negative().rank() == 2,
      "info_nce: scores {}: one score per pair is needed; for global against local features use jsd or dv",
      describe(scores.negative()));
  if (is_degenerate("info_nce", scores, Kind::lower, options.common)) return zero_loss(scores);
  return scores.is_matrix() ? from_matrix(scores, options) : from_pairs(scores, options);
}

Tensor info_nce(const Tensor& u, const Tensor& v, const TiledInfoNceOptions& options) {
  check_positive("info_nce", "temperature", options.temperature);
  check_same("info_nce", u, v);
  check_floating("info_nce", "u", u);
  check<ShapeError>(u.rank() == 2 && u.shape() == v.shape() && u.size(0) > 0,
                    "info_nce: u {} and v {}: both must be [K, d], K >= 1, row i of each the same pair",
                    describe(u), describe(v));
  if (u.dtype() == DType::bf16) return info_nce(u.to(DType::f32), v.to(DType::f32), options);
  const int64_t k = u.size(0);
  const Tensor counts = negatives_per_row(k, options.labels);
  const bool bad = is_nonfinite("info_nce", {&u, &v}, options.common);
  const bool alone = max(counts).item() == 0;
  check<ValueError>(!alone || !options.common.strict, "info_nce: {} pairs without any negative", k);
  if (bad || alone) {
    if (options.common.report != nullptr) {
      *options.common.report = tiled_start(k, counts, options.labels.defined());
      if (bad) options.common.report->raise(Flag::nonfinite_input);
    }
    return zero_loss({&u, &v});
  }
  const Tensor lse = all_pairs_lse(u, v, 1 / options.temperature, options.labels, options.tile);
  const double cap = mean_of(log1p(counts));
  if (options.common.report != nullptr) {
    const NoGrad no_grad;
    const Tensor mass = probability_mass(u.detach(), v.detach(), lse.detach(), options).to(DType::f64);
    Estimate estimate = tiled_start(k, counts, options.labels.defined());
    const Tensor there = counts.to(u.device());
    finish(estimate, values(lse.detach().to(DType::f64), there, there), mass, cap,
           {.direction = options.direction, .common = options.common});
    *options.common.report = estimate;
  }
  return loss_of(lse, cap, options.direction);
}

}  // namespace infograd::losses
