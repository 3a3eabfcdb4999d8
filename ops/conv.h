// Convolution and pooling on [B, C, H, W]. Results are channels-last in memory (the shape stays [B, C, H,
// W]).
#pragma once

#include <array>

#include <infograd/backends/args.h>
#include <infograd/core/tensor.h>

namespace infograd {

struct Conv2dOptions {
  std::array<int, 2> stride{1, 1};
  std::array<int, 2> padding{0, 0};  ///< zeros on both sides
  std::array<int, 2> dilation{1, 1};
  int groups = 1;
  Activation activation = Activation::none;  ///< fused
};
/// Cross-correlation of x [B, C, H, W] with weight [O, C/groups, kh, kw] plus bias [O] (may be undefined).
INFOGRAD_API Tensor conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias = {},
                           const Conv2dOptions& options = {});

struct Pool2dOptions {
  std::array<int, 2> kernel{2, 2};
  std::array<int, 2> stride{0, 0};  ///< 0 = kernel
  std::array<int, 2> padding{0, 0};
  bool ceil_mode = false;
  bool count_include_pad = false;  ///< average only; ONNX's default, PyTorch's is true
};
/// Never selects padding; the first maximum of a window gets the gradient.
INFOGRAD_API Tensor max_pool2d(const Tensor& x, const Pool2dOptions& options = {});
INFOGRAD_API Tensor avg_pool2d(const Tensor& x, const Pool2dOptions& options = {});

}  // namespace infograd
