// Softmax cross-entropy and negative log-likelihood.
#pragma once

#include <infograd/core/tensor.h>
#include <infograd/losses/reduction.h>

namespace infograd::losses {

struct CrossEntropyOptions {
  double smoothing = 0;         ///< in [0, 1): the target becomes (1 - s) * target + s / C
  Tensor class_weight{};        ///< [C] of the logits' dtype, or undefined
  int64_t ignore_index = -100;  ///< rows with this label count neither in the loss nor in the mean
  Reduction reduction = Reduction::mean;
};

/// Cross-entropy in nats of softmax(logits [N, C]) against `target`: i64 labels [N], or probabilities [N, C]
/// of the logits' dtype (soft targets; ignore_index does not apply). The mean over labels divides by the sum
/// of the weights of the labels that count (0 when none does), the mean over soft targets by N.
/// Differentiable twice; soft targets receive a gradient too.
INFOGRAD_API Tensor cross_entropy(const Tensor& logits, const Tensor& target,
                                  const CrossEntropyOptions& options = {});

struct NllOptions {
  Tensor class_weight{};  ///< [C] or undefined
  int64_t ignore_index = -100;
  Reduction reduction = Reduction::mean;
};

/// -log_probs[n, labels[n]], weighted and averaged as in cross_entropy. log_probs [N, C], labels [N] i64.
INFOGRAD_API Tensor nll(const Tensor& log_probs, const Tensor& labels, const NllOptions& options = {});

}  // namespace infograd::losses
