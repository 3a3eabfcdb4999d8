// MINE: Donsker-Varadhan with a moving-average partition in the gradient.
#pragma once

#include <limits>

#include <infograd/losses/mi/options.h>
#include <infograd/losses/scores.h>

namespace infograd::losses {

/// Moving average of the partition in log space: belongs to the user, goes into checkpoints.
struct INFOGRAD_API MineState {
  double log_m = -std::numeric_limits<double>::infinity();  ///< log of the uncorrected average
  int64_t t = 0;                                            ///< updates so far
  /// log of the bias-corrected average; -inf before the first update.
  double log_average(double ema_decay) const;
  void reset() { *this = MineState{}; }
  /// f64 [2] for a checkpoint; load() continues bit-identically.
  Tensor save() const;
  void load(const Tensor& saved);
};

struct MineOptions {
  double ema_decay = 0.9;  ///< weight of the OLD value, in [0, 1); 0 gives the gradient of DV
  bool training = true;    ///< false: the state is used and left unchanged
  ScoreOptions common{};
};

/// MINE: the gradient of DV with the batch partition replaced by its bias-corrected moving average, updated
/// before use. The returned scalar -(mean(positive) - exp(log mean exp(negative) - log average)) has no
/// logarithm: its *gradient* is the one of DV, the logarithm's derivative being the division by the average.
/// The report is the DV value. First-order by design: the average is a constant.
INFOGRAD_API Tensor mine(const Scores& scores, MineState& state, const MineOptions& options = {});

}  // namespace infograd::losses
