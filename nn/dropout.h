// Dropout with its own generator.
#pragma once

#include <infograd/nn/module.h>

namespace infograd::nn {

struct DropoutOptions {
  Generator* generator = nullptr;  ///< the layer takes a split of it; null: of default_generator()
};

/// While training, zeroes elements with probability p and scales the rest by 1 / (1 - p); the identity in
/// evaluation. The position of its generator is part of state().
class INFOGRAD_API Dropout : public Module {
 public:
  explicit Dropout(double p = 0.5, const DropoutOptions& options = {});
  Tensor operator()(const Tensor& x) const;

 private:
  double p_;
  std::shared_ptr<Generator> generator_;
};

}  // namespace infograd::nn
