// Private: the activations that kernels fuse, and how their gradient is found again from the result.
#pragma once

#include <infograd/autograd/saved.h>
#include <infograd/backends/args.h>
#include <infograd/core/tensor.h>

namespace infograd {

/// The activation as an op of its own.
Tensor activate(Activation activation, const Tensor& x);

/// True when the derivative follows from the result alone. For the others (gelu) a fused op that records
/// computes the activation as a separate op: keeping its argument is cheaper than multiplying again in
/// backward.
bool derivative_from_result(Activation activation);

/// What backward keeps of an activation that was fused into a recorded op: its result, nothing if there is
/// none.
class FusedActivation {
 public:
  /// Needs derivative_from_result(kind).
  FusedActivation(Activation kind, const Tensor& result)
      : kind_(kind), result_(kind == Activation::none ? SavedOutput() : SavedOutput(result)) {}
  Activation kind() const { return kind_; }
  /// Undefined without activation.
  Tensor result() const { return kind_ == Activation::none ? Tensor() : result_.get(); }
  /// g * f'(x): one kernel, or public ops while grad mode is on.
  Tensor grad(const Tensor& g) const;

 private:
  Activation kind_;
  SavedOutput result_;
};

}  // namespace infograd
