// Fully connected layer.
#pragma once

#include <infograd/backends/args.h>
#include <infograd/nn/module.h>

namespace infograd::nn {

struct LinearOptions {
  bool bias = true;
  Activation activation = Activation::none;  ///< fused into the product
  Generator* generator = nullptr;            ///< of the initial values; null: default_generator()
};

/// x [..., in] -> activation(x @ weight[out, in]^T + bias[out]). Weight and bias start as U(-b, b), b = 1 /
/// sqrt(in), the default of PyTorch; nn/init.h has others.
class INFOGRAD_API Linear : public Module {
 public:
  Linear(int64_t in, int64_t out, const LinearOptions& options = {});
  Tensor operator()(const Tensor& x) const;
  const Tensor& weight() const { return weight_; }
  /// Undefined without bias.
  const Tensor& bias() const { return bias_; }

 private:
  Tensor weight_;
  Tensor bias_;
  Activation activation_;
};

}  // namespace infograd::nn
