// Scores: what every loss of losses/mi consumes. Rows are x, columns are y, always.
#pragma once

#include <infograd/core/tensor.h>
#include <infograd/losses/negatives.h>

namespace infograd::losses {

/// Critic values of positive and negative pairs. A score matrix converts by itself: `dv(separable_critic(u,
/// v))`.
class INFOGRAD_API Scores {
 public:
  /// matrix [K, K] with matrix[i, j] = f(x_i, y_j): the diagonal is positive, the rest negative as
  /// `negatives` says. Or [K, K, L]: L scores per pair (Deep InfoMax: one per location).
  Scores(const Tensor& matrix, const Negatives& negatives = {});  // NOLINT(google-explicit-constructor)
  /// Explicit negatives: positive [K], negative [K, n] (row i: scores of x_i with its own negatives), and
  /// optional log importance weights [K, n] added to them. Unless `from_marginals` says that the negatives
  /// are draws from the product of the marginals (derangements, in-batch), estimates carry the flag
  /// negatives_biased.
  static Scores pairs(const Tensor& positive, const Tensor& negative, bool from_marginals = false,
                      const Tensor& log_weights = {});

  /// [K] or [K, L].
  const Tensor& positive() const { return positive_; }
  /// [K, K], [K, K, L] or [K, n]; includes entries that are no negatives where allowed() is defined and
  /// false.
  const Tensor& negative() const { return negative_; }
  /// b8, broadcasts to negative(); undefined when every entry is a negative.
  const Tensor& allowed() const { return allowed_; }
  /// True for [K, K(, L)]: column j then belongs to pair j too.
  bool is_matrix() const { return is_matrix_; }
  bool biased() const { return biased_; }
  int64_t pairs_count() const { return positive_.size(0); }
  /// Allowed entries of negative().
  int64_t negatives_count() const { return count_; }
  /// Allowed entries per row, f64 [K].
  const Tensor& row_counts() const { return row_counts_; }
  /// Allowed entries per column, f64 [K]; only for a matrix.
  const Tensor& column_counts() const { return column_counts_; }
  /// True when some row has no allowed negative.
  bool has_empty_row() const { return empty_row_; }

 private:
  Scores() = default;
  Tensor positive_, negative_, allowed_, row_counts_, column_counts_;
  int64_t count_ = 0;
  bool is_matrix_ = true, biased_ = false, empty_row_ = false;
};

/// The diagonal [K] of [K, K], or [K, L] of [K, K, L]. Differentiable.
INFOGRAD_API Tensor diagonal(const Tensor& matrix);

}  // namespace infograd::losses
