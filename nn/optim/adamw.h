// Adam with decoupled weight decay (Loshchilov and Hutter 2019).
#pragma once

#include <infograd/nn/optim/adam.h>

namespace infograd::optim {

struct AdamWOptions {
  double lr = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;
  double weight_decay = 1e-2;
};

/// p -= lr * weight_decay * p, then Adam's step with the bare gradient.
class INFOGRAD_API AdamW : public Adam {
 public:
  explicit AdamW(Parameters parameters, const AdamWOptions& options = {})
      : Adam(std::move(parameters),
             {options.lr, options.beta1, options.beta2, options.eps, options.weight_decay}, true) {}
};

}  // namespace infograd::optim
