// TUBA: NWJ with a baseline.
#pragma once

#include <infograd/losses/mi/options.h>
#include <infograd/losses/scores.h>

namespace infograd::losses {

/// -J, J = 1 + mean_j(S_jj - log a_j) - mean exp(S_ij - log a_j) over the negatives of a score matrix [K, K];
/// log_a [K] is a function of y (columns) and receives a gradient. Optimal critic: log r + log a(y). Kind
/// lower, no cap. log a = 1 is NWJ; adding c(y) to the scores and to log_a changes nothing.
INFOGRAD_API Tensor tuba(const Scores& scores, const Tensor& log_a, const ScoreOptions& options = {});

}  // namespace infograd::losses
