// Gradient clipping, between backward() and step().
#pragma once

#include <vector>

#include <infograd/core/tensor.h>

namespace infograd::optim {

/// Scales all gradients by max_norm / norm when their common 2-norm exceeds max_norm, and returns the norm
/// before. A norm that is not finite is returned and nothing is scaled: skip that update. Parameters without
/// a gradient are skipped. Synchronises a device once.
INFOGRAD_API double clip_grad_norm(const std::vector<Tensor>& parameters, double max_norm);
/// Clamps every element of every gradient to [-max_value, max_value].
INFOGRAD_API void clip_grad_value(const std::vector<Tensor>& parameters, double max_value);

}  // namespace infograd::optim
