// Adagrad (Duchi, Hazan and Singer 2011).
#pragma once

#include <infograd/nn/optim/optimizer.h>

namespace infograd::optim {

struct AdagradOptions {
  double lr = 1e-2;
  double lr_decay = 0;
  double eps = 1e-10;  ///< added to the root
  double weight_decay = 0;
};

/// s += g^2; p -= lr / (1 + (t - 1) * lr_decay) * g / (sqrt(s) + eps), t = 1, 2, ... weight_decay * p is
/// added to the gradient. Slot "sum". Composed of ops, not fused.
class INFOGRAD_API Adagrad : public Optimizer {
 public:
  explicit Adagrad(Parameters parameters, const AdagradOptions& options = {});

 protected:
  void update(const Run& run) override;

 private:
  AdagradOptions options_;
};

}  // namespace infograd::optim
