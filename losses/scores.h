// Scores: what every loss of losses/mi consumes. Rows are x, columns are y, always.
#pragma once

#include <infograd/core/tensor.h>
#include <infograd/losses/negatives.h>

namespace infograd::losses {

/// Critic values of positive and negative pairs. A score matrix converts by itself: `dv(separable_critic(u,
/// v))`. bf16 scores are widened to f32.
class INFOGRAD_API Scores {
 public:
  /// matrix [K, K] with matrix[i, j] = f(x_i, y_j): the diagonal is positive, the rest negative as
  /// `negatives` says. Or [K, K, L]: L scores per pair (Deep InfoMax: one per location).
  Scores(const Tensor& matrix, const Negatives& negatives = {});  // NOLINT(google-explicit-constructor)
  /// Explicit negatives: positive [K], negative [K, n] (row i: scores of x_i with its own negatives), and
  /// optional log importance weights, broadcast to [K, n] and added to the scores (after the temperature of
  /// info_nce and the clip of smile; jsd has no sum of e^score and takes them as part of the score). Unless
  /// `from_marginals` says that the negatives are draws from the product of the marginals (as those of a
  /// derangement are), estimates carry the flag negatives_biased.
  static Scores pairs(const Tensor& positive, const Tensor& negative, bool from_marginals = false,
                      const Tensor& log_weights = {});

  /// [K] or [K, L].
  const Tensor& positive() const { return positive_; }
  /// [K, K], [K, K, L] or [K, n]; the entries that excluded() marks are no negatives.
  const Tensor& negative() const { return negative_; }
  /// negative() of scores divided by `temperature`; importance weights keep their weight.
  Tensor negative_at(double temperature) const;
  /// b8, broadcasts to negative(); undefined when every entry is a negative.
  const Tensor& excluded() const;
  /// negative() with `value` in the excluded entries.
  Tensor negative_or(double value) const;

  /// True for [K, K(, L)]: column j then belongs to pair j too.
  bool is_matrix() const { return is_matrix_; }
  bool all_pairs() const { return all_pairs_; }
  bool biased() const { return biased_; }
  int64_t pair_count() const { return positive_.size(0); }
  int64_t negative_count() const { return negative_count_; }
  /// Negatives of each row (axis 0) or column (axis 1, only for a matrix), f64 [K].
  Tensor counts(int axis) const;
  /// True when some row has no negative.
  bool has_empty_row() const { return has_empty_row_; }

  /// The same in f64, outside the graph.
  Scores detached_f64() const;
  /// With `constant` added to every score.
  Scores shifted(double constant) const;
  /// With per_column [K] taken off every column of a matrix [K, K].
  Scores minus_columns(const Tensor& per_column) const;
  /// With the negatives (only) clipped to [-tau, tau].
  Scores clipped(double tau) const;

 private:
  Scores() = default;
  Tensor positive_, negative_;
  Tensor unweighted_, log_weights_;  // the two terms of negative_; undefined without weights
  mutable Tensor excluded_;          // of all pairs: made when it is first asked for
  int64_t negative_count_ = 0;
  bool is_matrix_ = true, all_pairs_ = true, biased_ = false, has_empty_row_ = false;
};

/// The diagonal [K] of [K, K], or [K, L] of [K, K, L]. Differentiable.
INFOGRAD_API Tensor diagonal(const Tensor& matrix);

}  // namespace infograd::losses
