// Normalisation and dropout.
#pragma once

#include <infograd/backends/args.h>
#include <infograd/core/generator.h>
#include <infograd/core/tensor.h>

namespace infograd {

/// Over the last weight.rank() axes (weight and bias share that shape; both may be undefined when
/// `normalized` > 0 axes are given): (x - mean) / sqrt(var + eps) * weight + bias, population variance.
INFOGRAD_API Tensor layer_norm(const Tensor& x, int normalized_axes, const Tensor& weight = {},
                               const Tensor& bias = {}, double eps = 1e-5);

struct BatchNormOptions {
  bool training = true;
  double momentum = 0.1;  ///< weight of the new value
  double eps = 1e-5;
  Activation activation = Activation::none;  ///< none or relu, fused
};
/// (x - mean) / sqrt(var + eps) * weight + bias for x [B, C, ...], population statistics over all axes but 1.
/// running_mean and running_var [C] are updated in place while training (with the unbiased variance); they
/// may be undefined then, and are required in evaluation. Training on one value per channel throws.
INFOGRAD_API Tensor batch_norm(const Tensor& x, const Tensor& weight, const Tensor& bias, Tensor running_mean,
                               Tensor running_var, const BatchNormOptions& options = {});

/// Zeroes elements with probability p and scales the rest by 1/(1-p); the mask is redrawn in backward, not
/// stored.
INFOGRAD_API Tensor dropout(const Tensor& x, double p, bool training,
                            Generator& generator = default_generator());

}  // namespace infograd
