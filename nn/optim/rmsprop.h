// RMSprop (Tieleman and Hinton 2012).
#pragma once

#include <infograd/nn/optim/optimizer.h>

namespace infograd::optim {

struct RMSpropOptions {
  double lr = 1e-2;
  double alpha = 0.99;  ///< decay of the mean of squared gradients
  double eps = 1e-8;    ///< added to the root
  double momentum = 0;
  bool centered = false;  ///< divide by the standard deviation instead of the root mean square
  double weight_decay = 0;
};

/// v = alpha v + (1 - alpha) g^2; d = g / (sqrt(v) + eps); b = momentum b + d; p -= lr b. Centered: v -
/// mean(g)^2 in the root. weight_decay * p is added to the gradient. Slots "v", and "momentum" and "mean"
/// where used. Composed of ops, not fused.
class INFOGRAD_API RMSprop : public Optimizer {
 public:
  explicit RMSprop(Parameters parameters, const RMSpropOptions& options = {});

 protected:
  void update(const Run& run) override;

 private:
  RMSpropOptions options_;
};

}  // namespace infograd::optim
