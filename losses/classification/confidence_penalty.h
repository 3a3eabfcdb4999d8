// Cross-entropy that is lowered by the entropy of the predictions.
#pragma once

#include <infograd/core/tensor.h>

namespace infograd::losses {

/// CE - beta * mean_i H(softmax(logits_i)), nats: confident predictions cost more. logits [N, C] f32 or f64,
/// N >= 1, C >= 2, labels [N] i64, beta >= 0; 0 gives cross_entropy. Differentiable twice. NaN logits throw
/// ValueError.
INFOGRAD_API Tensor confidence_penalty_loss(const Tensor& logits, const Tensor& labels, double beta);

}  // namespace infograd::losses
