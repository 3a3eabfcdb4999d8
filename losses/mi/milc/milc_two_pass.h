// MILC over micro-batches: the exact gradient of the full batch.
#pragma once

#include <vector>

#include <infograd/losses/mi/milc/milc.h>

namespace infograd::losses {

/// Hm is not additive over micro-batches: the mean of micro-batch losses is a different estimator. Two passes
/// give the loss of the full batch and its exact gradient:
///
///     MilcTwoPass pass(options);
///     { NoGrad guard;  for (each micro-batch) pass.observe(net(x), y); }
///     for (each micro-batch) pass.contribution(net(x), y).backward();   // gradients add up
///
/// Between the passes the network must not change, dropout masks included. Several processes: merge() the
/// objects first. Throws ValueError for form joint and for MilcMarginal::ema.
class INFOGRAD_API MilcTwoPass {
 public:
  explicit MilcTwoPass(const MilcOptions& options = {});

  /// Pass 1: adds a micro-batch, logits [N, C], labels [N]; no graph. C must stay the same.
  void observe(const Tensor& logits, const Tensor& labels);
  /// Adds what another object of the same options has observed; the order does not matter.
  void merge(const MilcTwoPass& other);
  /// Of all that was observed: the value to report. f64, outside any graph.
  MilcTerms totals() const;
  /// Pass 2: a scalar whose gradients, summed over the micro-batches, are those of milc_loss on the full
  /// batch. Its value means nothing, its second derivative neither.
  Tensor contribution(const Tensor& logits, const Tensor& labels) const;

 private:
  void check_observed(const char* op, int64_t classes) const;

  MilcOptions options_;
  std::vector<int64_t> counts_;  ///< per class
  Tensor log_sum_;               ///< [C] f64: LSE over all rows of l_ic
  double log_label_ = 0;         ///< sum_i l_{i, y_i}
  double conditional_ = 0;       ///< sum_i H(softmax(z_i))
  int64_t rows_ = 0;
};

}  // namespace infograd::losses
