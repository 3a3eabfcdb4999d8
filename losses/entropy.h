// Entropy of distributions that are given by their logarithms.
#pragma once

#include <infograd/core/tensor.h>

namespace infograd::losses {

/// -sum e^l l over the last axis of log-probabilities, in nats: [N, C] -> [N], [C] -> scalar. A class of
/// probability 0 (l = -inf) adds 0, to the gradient as well. Differentiable twice.
INFOGRAD_API Tensor entropy_of_logs(const Tensor& log_probs);

}  // namespace infograd::losses
