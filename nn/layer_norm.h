// Layer normalisation.
#pragma once

#include <infograd/nn/module.h>

namespace infograd::nn {

struct LayerNormOptions {
  double eps = 1e-5;
  bool affine = true;  ///< learn weight (starts at 1) and bias (starts at 0)
  bool bias = true;    ///< with affine only
};

/// Normalises the last axes, whose extents are `normalized`, with the population variance.
class INFOGRAD_API LayerNorm : public Module {
 public:
  explicit LayerNorm(const Shape& normalized, const LayerNormOptions& options = {});
  explicit LayerNorm(int64_t features, const LayerNormOptions& options = {})
      : LayerNorm(Shape{features}, options) {}
  Tensor operator()(const Tensor& x) const;
  const Tensor& weight() const { return weight_; }
  const Tensor& bias() const { return bias_; }

 private:
  Shape normalized_;
  double eps_;
  Tensor weight_, bias_;
};

}  // namespace infograd::nn
