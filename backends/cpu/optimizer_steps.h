// Private: the constants of one optimizer step, the same for every element.
#pragma once

namespace infograd {

/// g' = grad_scale g + weight_decay p; m, v as usual; p = keep p - rate m / (root sqrt(v) + eps).
struct AdamStep {
  double beta1, beta2, grad_scale, weight_decay, keep, rate, root, eps;
};
/// g' = grad_scale g + weight_decay p; b = momentum b + fresh g'; p -= lr times b, or times g' + momentum b.
struct SgdStep {
  double lr, momentum, fresh, weight_decay, grad_scale;
  bool nesterov;
};

}  // namespace infograd
