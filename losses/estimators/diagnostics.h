// What the scores say about how far an estimate can be trusted.
#pragma once

#include <infograd/losses/mi/mine.h>
#include <infograd/losses/report.h>
#include <infograd/losses/scores.h>

namespace infograd::losses {

/// Effective number of negatives, exp(2 LSE(S) - LSE(2 S)) in [1, negatives]: when it is low, DV, NWJ and
/// MINE values are decided by few pairs. 0 without negatives.
INFOGRAD_API double effective_negatives(const Scores& scores);

/// log of the batch partition over MINE's average: far from 0, the gradient is scaled by the wrong partition.
INFOGRAD_API double ema_log_ratio(const Scores& scores, const MineState& state, double ema_decay = 0.9);

/// Share of the negatives beyond the clip tau > 0 of SMILE. 0 without negatives.
INFOGRAD_API double clipped_fraction(const Scores& scores, double tau = 5);

/// Symmetric InfoNCE of the leading K/4, K/2 and K pairs of a score matrix [K, K], K >= 8. An estimate that
/// the cap decides grows by log 2 = 0.69 with each doubling; cap_limited: both increments exceed 0.5.
struct CapCheck {
  double quarter = 0, half = 0, full = 0;
  bool cap_limited = false;
};
INFOGRAD_API CapCheck check_cap(const Tensor& scores);

/// Training minus held-out estimate, with the standard error of the difference.
struct Gap {
  double nats = 0;
  double std_error = 0;
};
INFOGRAD_API Gap generalization_gap(const Estimate& training, const Estimate& held_out);

}  // namespace infograd::losses
