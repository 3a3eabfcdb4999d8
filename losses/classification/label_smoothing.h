// Cross-entropy against labels that share some of their weight with the other classes.
#pragma once

#include <cstdint>

#include <infograd/core/tensor.h>

namespace infograd::losses {

enum class LabelSmoothing : uint8_t {
  exclusive,  ///< 1 - eps on the label, eps / (C - 1) on each other class
  inclusive   ///< 1 - eps on the label, and eps / C on every class, the label included
};

/// Mean cross-entropy in nats of softmax(logits [N, C]), f32 or f64, N >= 1, C >= 2, against the smoothed
/// labels [N] i64; eps in [0, 1), 0 gives cross_entropy. Differentiable twice. NaN logits throw ValueError.
INFOGRAD_API Tensor label_smoothing_loss(const Tensor& logits, const Tensor& labels, double eps,
                                         LabelSmoothing form = LabelSmoothing::exclusive);

}  // namespace infograd::losses
