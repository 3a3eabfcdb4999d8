// InfoNCE: classify the partner among K candidates.
#pragma once

#include <infograd/losses/mi/options.h>
#include <infograd/losses/scores.h>

namespace infograd::losses {

/// Who is classified: y given x (rows), x given y (columns), or the mean of both.
enum class Direction : uint8_t { rows, columns, symmetric };

struct InfoNceOptions {
  Direction direction = Direction::symmetric;
  double temperature = 1;  ///< scores are divided by it
  ScoreOptions common{};
};

/// -J, J = mean_i(log(1 + n_i) + S_ii - log-sum-exp over the positive and the n_i negatives of i) of scores
/// [K, K] or Scores::pairs (rows only). Kind lower, cap log(1 + n) = log K, low variance, invariant to S +
/// c(x) (rows) or S + c(y) (columns). One fused pass forward and one backward; differentiable twice.
INFOGRAD_API Tensor info_nce(const Scores& scores, const InfoNceOptions& options = {});

struct TiledInfoNceOptions {
  Direction direction = Direction::symmetric;
  double temperature = 1;
  Tensor labels{};   ///< [K] i64 or undefined: pairs with equal labels are no negatives of each other
  int64_t tile = 0;  ///< extent of a tile, part of the bit-reproducibility contract; 0: at most 512, from K
  ScoreOptions common{};
};

/// The same for the separable critic S = u v^T / temperature, u and v [K, d], without ever holding S: tiles
/// are computed for their row and column sums and computed again in backward. O(K d) memory. The second
/// derivative throws NotImplemented.
INFOGRAD_API Tensor info_nce(const Tensor& u, const Tensor& v, const TiledInfoNceOptions& options = {});

}  // namespace infograd::losses
