// In-place forms, for optimizers and statistics: only with grad mode off, or on tensors outside the graph.
// Each bumps the version, so that a backward that saved the old value throws.
#pragma once

#include <infograd/core/tensor.h>

namespace infograd {

/// x += alpha * y (y broadcasts to x).
INFOGRAD_API Tensor& add_(Tensor& x, const Tensor& y, double alpha = 1);
INFOGRAD_API Tensor& sub_(Tensor& x, const Tensor& y);
INFOGRAD_API Tensor& mul_(Tensor& x, const Tensor& y);
INFOGRAD_API Tensor& mul_(Tensor& x, double value);
INFOGRAD_API Tensor& add_(Tensor& x, double value);
INFOGRAD_API Tensor& clamp_(Tensor& x, double lower, double upper);
INFOGRAD_API Tensor& fill_(Tensor& x, double value);
INFOGRAD_API Tensor& zero_(Tensor& x);
/// x = y, converted and broadcast.
INFOGRAD_API Tensor& copy_(Tensor& x, const Tensor& y);

}  // namespace infograd
