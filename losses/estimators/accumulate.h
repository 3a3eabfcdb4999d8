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
  /// `smile_tau` > 0: clip of the SMILE value.
  explicit MiAccumulator(double smile_tau = 5);

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
  Estimate start(Kind kind) const;
  bool few_effective_negatives() const;
  Estimate log_ratio(Kind kind, const std::vector<double>& row, const std::vector<double>& column) const;

  double tau_;
  // One entry per pair. Sums over the negatives of its row, and of its column (nothing for explicit
  // negatives).
  std::vector<double> positive_;
  std::vector<double> row_lse_, column_lse_;                  // log sum e^s
  std::vector<double> row_lse_of_twice_;                      // log sum e^2s
  std::vector<double> clipped_row_lse_, clipped_column_lse_;  // log sum e^clip(s)
  std::vector<double> joint_, row_softplus_, column_softplus_;
  std::vector<double> nce_, nce_influence_;
  int64_t positives_ = 0, negatives_ = 0;
  double clipped_count_ = 0, cap_sum_ = 0;
  uint32_t flags_ = 0;
};

}  // namespace infograd::losses
