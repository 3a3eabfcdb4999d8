// Private: what the losses of this folder do alike: degenerate input, the mean over negatives, and their
// reports.
#pragma once

#include <string_view>

#include <infograd/losses/mi/options.h>
#include <infograd/losses/scores.h>

namespace infograd::losses {

/// True when the loss must be zero_loss(): no negative at all (throws with `strict`), or non-finite scores
/// under OnNonFinite::flag (raise throws). Fills the report then.
bool is_degenerate(std::string_view loss, const Scores& scores, Kind kind, const ScoreOptions& options);
/// The same test of plain inputs, for losses on embeddings.
bool is_nonfinite(std::string_view loss, std::initializer_list<const Tensor*> inputs,
                  const ScoreOptions& options);
/// 0 with gradient 0, connected to every input, whatever it holds.
Tensor zero_loss(std::initializer_list<const Tensor*> inputs);
Tensor zero_loss(const Scores& scores);

/// Throws ValueError unless value > 0.
void check_positive(std::string_view loss, std::string_view argument, double value);

/// log of the mean over all negatives of e^score.
Tensor log_mean_exp_negatives(const Scores& scores);

/// An Estimate with counts and the flags that depend on the negatives alone.
Estimate start_estimate(const Scores& scores, Kind kind);
/// Per pair: the mean over axis 1, where there is one.
Tensor per_pair(const Tensor& x);
/// Of influence values [K], one per pair: sd / sqrt(K); NaN for fewer than two.
double standard_error(const Tensor& influence);
/// Mean as a number.
double mean_of(const Tensor& x);

/// The partition function of f64 scores outside the graph: log-mean-exp over the negatives with each pair's
/// part in it.
struct Partition {
  explicit Partition(const Scores& scores);
  double log_mean = 0;  ///< LME over the negatives
  double ess = 0;       ///< effective number of negatives
  Tensor
      influence;  ///< [K]: (R_i + C_i) / m with R_i, C_i the means of e^score over row and column of pair i
};

/// Sum over row (and column) i of `terms` (0 where excluded), times K / negatives: mean over i is the mean
/// over negatives (twice that for a matrix).
Tensor row_and_column_means(const Scores& scores, const Tensor& terms);

}  // namespace infograd::losses
