#include <limits>
#include <utility>

#include <infograd/core/check.h>
#include <infograd/losses/scores.h>
#include <infograd/ops/creation.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/reduce.h>
#include <infograd/ops/shape_ops.h>

namespace infograd::losses {
namespace {

Tensor widened(const Tensor& x) {
  return x.dtype() == DType::bf16 ? x.to(DType::f32) : x;
}

}  // namespace

Tensor diagonal(const Tensor& matrix) {
  check_defined("diagonal", "matrix", matrix);
  check<ShapeError>((matrix.rank() == 2 || matrix.rank() == 3) && matrix.size(0) == matrix.size(1),
                    "diagonal: {} is no square matrix [K, K] or [K, K, L]", describe(matrix));
  const int64_t k = matrix.size(0);
  Shape flat{k * k};
  if (matrix.rank() == 3) flat.push_back(matrix.size(2));
  return slice(reshape(matrix, flat), 0, 0, std::nullopt, k + 1);
}

Scores::Scores(const Tensor& matrix, const Negatives& negatives) {
  check_defined("scores", "matrix", matrix);
  check_floating("scores", "matrix", matrix);
  check<ShapeError>(
      (matrix.rank() == 2 || matrix.rank() == 3) && matrix.size(0) == matrix.size(1) && matrix.size(0) > 0,
      "scores: {} is no square score matrix [K, K] or [K, K, L] with K >= 1: rows are x, columns are "
      "y, the diagonal holds the true pairs",
      describe(matrix));
  const int64_t k = matrix.size(0), per_pair = matrix.rank() == 3 ? matrix.size(2) : 1;
  all_pairs_ = negatives.policy == Negatives::Policy::all_pairs;
  biased_ = negatives.policy == Negatives::Policy::label_aware;
  negative_ = widened(matrix);
  positive_ = diagonal(negative_);
  if (all_pairs_) {
    negative_count_ = k * (k - 1) * per_pair;
    has_empty_row_ = negative_count_ == 0;
    return;
  }
  excluded_ = excluded_pairs(k, negatives, matrix.device());
  if (matrix.rank() == 3) excluded_ = unsqueeze(excluded_, 2);
  const Tensor rows = counts(0);
  negative_count_ = static_cast<int64_t>(sum(rows).item());
  has_empty_row_ = min(rows).item() == 0;
}

const Tensor& Scores::excluded() const {
  if (all_pairs_ && !excluded_.defined()) {
    excluded_ = excluded_pairs(pair_count(), {}, negative_.device());
    if (negative_.rank() == 3) excluded_ = unsqueeze(excluded_, 2);
  }
  return excluded_;
}

Scores Scores::pairs(const Tensor& positive, const Tensor& negative, bool from_marginals,
                     const Tensor& log_weights) {
  check_same("scores", positive, negative);
  check_floating("scores", "positive", positive);
  check<ShapeError>(
      positive.rank() == 1 && negative.rank() == 2 && positive.size(0) == negative.size(0) &&
          positive.size(0) > 0,
      "scores: positive {} and negative {}: [K] and [K, n] are needed, row i holding the negatives of "
      "pair i",
      describe(positive), describe(negative));
  Scores scores;
  scores.is_matrix_ = false;
  scores.all_pairs_ = false;
  scores.biased_ = !from_marginals;
  scores.positive_ = widened(positive);
  scores.negative_ = widened(negative);
  if (log_weights.defined()) {
    scores.unweighted_ = scores.negative_;
    scores.log_weights_ = widened(log_weights);
    scores.negative_ = scores.unweighted_ + scores.log_weights_;
  }
  check<ShapeError>(scores.negative_.shape() == negative.shape(),
                    "scores: log_weights {} do not broadcast to negative {}", describe(log_weights),
                    describe(negative));
  scores.negative_count_ = negative.numel();
  scores.has_empty_row_ = scores.negative_count_ == 0;
  return scores;
}

Tensor Scores::negative_or(double value) const {
  return is_matrix_ ? masked_fill(negative_, excluded(), value) : negative_;
}

Tensor Scores::negative_at(double temperature) const {
  if (temperature == 1) return negative_;
  return log_weights_.defined() ? unweighted_ / temperature + log_weights_ : negative_ / temperature;
}

Tensor Scores::counts(int axis) const {
  const double per_entry = static_cast<double>(negative_.rank() == 3 ? negative_.size(2) : 1);
  if (all_pairs_ || !is_matrix_) {
    const double in_row = static_cast<double>(negative_.size(1)) - (is_matrix_ ? 1 : 0);
    return full({pair_count()}, in_row * per_entry, DType::f64, negative_.device());
  }
  const Tensor allowed = reshape(logical_not(excluded_), {pair_count(), pair_count()});
  return sum(allowed.to(DType::f64), {1 - axis}) * per_entry;
}

Scores Scores::detached_f64() const {
  Scores copy = *this;
  copy.positive_ = positive_.detach().to(DType::f64);
  copy.negative_ = negative_.detach().to(DType::f64);
  if (log_weights_.defined()) {
    copy.unweighted_ = unweighted_.detach().to(DType::f64);
    copy.log_weights_ = log_weights_.detach().to(DType::f64);
  }
  return copy;
}

Scores Scores::shifted(double constant) const {
  Scores copy = *this;
  copy.positive_ = positive_ + constant;
  copy.negative_ = negative_ + constant;
  if (unweighted_.defined()) copy.unweighted_ = unweighted_ + constant;
  return copy;
}

Scores Scores::minus_columns(const Tensor& per_column) const {
  Scores copy = *this;
  copy.negative_ = negative_ - unsqueeze(per_column, 0);
  copy.positive_ = positive_ - per_column;
  return copy;
}

Scores Scores::clipped(double tau) const {
  Scores copy = *this;
  copy.negative_ =
      log_weights_.defined() ? clamp(unweighted_, -tau, tau) + log_weights_ : clamp(negative_, -tau, tau);
  return copy;
}

}  // namespace infograd::losses
