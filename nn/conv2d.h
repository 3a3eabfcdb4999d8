// Convolution layer on images [B, C, H, W].
#pragma once

#include <array>

#include <infograd/backends/args.h>
#include <infograd/nn/module.h>
#include <infograd/ops/conv.h>

namespace infograd::nn {

struct Conv2dOptions {
  std::array<int, 2> stride{1, 1};
  std::array<int, 2> padding{0, 0};  ///< zeros on both sides
  std::array<int, 2> dilation{1, 1};
  int groups = 1;
  bool bias = true;
  Activation activation = Activation::none;  ///< fused
  Generator* generator = nullptr;            ///< of the initial values; null: default_generator()
};

/// Cross-correlation with weight [out, in / groups, kh, kw] plus bias [out]. Weight and bias start as U(-b,
/// b), b = 1 / sqrt(in / groups * kh * kw), the default of PyTorch.
class INFOGRAD_API Conv2d : public Module {
 public:
  Conv2d(int64_t in, int64_t out, std::array<int, 2> kernel, const Conv2dOptions& options = {});
  /// Square kernel.
  Conv2d(int64_t in, int64_t out, int kernel, const Conv2dOptions& options = {})
      : Conv2d(in, out, std::array<int, 2>{kernel, kernel}, options) {}
  Tensor operator()(const Tensor& x) const;
  const Tensor& weight() const { return weight_; }
  /// Undefined without bias.
  const Tensor& bias() const { return bias_; }

 private:
  Tensor weight_;
  Tensor bias_;
  infograd::Conv2dOptions options_;
};

}  // namespace infograd::nn
