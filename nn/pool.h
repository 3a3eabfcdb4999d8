// Pooling layers on images [B, C, H, W].
#pragma once

#include <infograd/nn/module.h>
#include <infograd/ops/conv.h>
#include <infograd/ops/reduce.h>

namespace infograd::nn {

/// Largest value of each window; the stride defaults to the kernel.
struct MaxPool2d : Module {
  explicit MaxPool2d(const Pool2dOptions& options_ = {}) : Module("MaxPool2d"), options(options_) {}
  explicit MaxPool2d(int kernel) : MaxPool2d(Pool2dOptions{.kernel = {kernel, kernel}}) {}
  Tensor operator()(const Tensor& x) const { return max_pool2d(x, options); }
  Pool2dOptions options;
};

/// Mean of each window; the stride defaults to the kernel.
struct AvgPool2d : Module {
  explicit AvgPool2d(const Pool2dOptions& options_ = {}) : Module("AvgPool2d"), options(options_) {}
  explicit AvgPool2d(int kernel) : AvgPool2d(Pool2dOptions{.kernel = {kernel, kernel}}) {}
  Tensor operator()(const Tensor& x) const { return avg_pool2d(x, options); }
  Pool2dOptions options;
};

/// Mean over the image: [B, C, H, W] -> [B, C].
struct GlobalAvgPool2d : Module {
  GlobalAvgPool2d() : Module("GlobalAvgPool2d") {}
  Tensor operator()(const Tensor& x) const { return mean(x, {-2, -1}); }
};

}  // namespace infograd::nn
