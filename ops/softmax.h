// Softmax family and the fused softmax cross-entropy behind losses::cross_entropy.
#pragma once

#include <infograd/core/tensor.h>

namespace infograd {

/// Stable. A slice that is all -inf gives 0 with gradient 0.
INFOGRAD_API Tensor softmax(const Tensor& x, int axis = -1);
INFOGRAD_API Tensor log_softmax(const Tensor& x, int axis = -1);

struct SoftmaxCrossEntropyOptions {
  Tensor class_weight;          ///< [C] or undefined; a constant, gets no gradient
  double smoothing = 0;         ///< label smoothing in [0, 1)
  int64_t ignore_index = -100;  ///< rows with this label have loss 0
};
/// Loss per row [N] of logits z [N, C] and i64 labels y [N], in nats; w are the class weights, s the
/// smoothing: w_y (1 - s) (lse(z) - z_y) + s / C sum_c w_c (lse(z) - z_c). Differentiable twice. A label
/// outside 0..C-1 throws.
INFOGRAD_API Tensor softmax_cross_entropy(const Tensor& logits, const Tensor& labels,
                                          const SoftmaxCrossEntropyOptions& options = {});

}  // namespace infograd
