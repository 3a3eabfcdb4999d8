// Private: the activations that kernels fuse, and how their gradient is found again from the result.
#pragma once

#include <infograd/backends/args.h>
#include <infograd/core/tensor.h>

namespace infograd {

/// The activation as an op of its own.
Tensor activate(Activation activation, const Tensor& x);

/// True when the derivative follows from the result alone. For the others (gelu) a fused op that records
/// computes the activation as a separate op: keeping its argument is cheaper than multiplying again in
/// backward.
bool derivative_from_result(Activation activation);

/// g * f'(x), written with y = f(x). One kernel, or public ops while grad mode is on. Needs
/// derivative_from_result.
Tensor activation_grad(Activation activation, const Tensor& g, const Tensor& y);

}  // namespace infograd
