// Streaming evaluation of a critic over held-out batches.
#pragma once

#include <vector>

#include <infograd/losses/report.h>
#include <infograd/losses/scores.h>

namespace infograd::losses {

/// Collects scores batch by batch and forms ONE value at the end: the mean over batches of a log-of-mean is
/// not a bound. Keeps a few doubles per pair; nothing enters a graph.
class INFOGRAD_API MiAccumulator {
 public:
  /// `smile_tau`: clip of the SMILE value.
  explicit MiAccumulator(double smile_tau = 5) : tau_(smile_tau) {}

  /// Scores of one batch; its negatives stay inside the batch.
  void add(const Scores& scores);
  int64_t pairs() const { return static_cast<int64_t>(positive_.size()); }

  /// mean(positive): for critics trained to log r. Kind neither.
  Estimate plug_in() const;
  Estimate dv() const;
  /// Of scores + shift: 1 for a critic trained to log r.
  Estimate nwj(double shift = 0) const;
  Estimate smile() const;
  /// log 2 + J/2 of the JSD objective. Not MI.
  Estimate jensen_shannon() const;
  /// Symmetric InfoNCE of each batch, averaged (each is a bound); the cap is that of the mean batch. Matrices
  /// only.
  Estimate info_nce() const;

 private:
  // One per pair: its score, and the log mean of exp over its row and its column of negatives (scaled to the
  // batch count).
  struct Partition {
    std::vector<double> row, column;
  };
  Estimate partition_estimate(const Partition& p) const;
  Estimate start(Kind kind) const;

  double tau_;
  std::vector<double> positive_, joint_loss_, product_loss_, nce_, nce_influence_;
  Partition exact_, clipped_;
  std::vector<double>
      weight_;  // negatives of the pair's batch per pair, for pooling batches of different size
  int64_t negatives_ = 0, clipped_count_ = 0;
  double log_cap_sum_ = 0;
  uint32_t flags_ = 0;
};

}  // namespace infograd::losses
