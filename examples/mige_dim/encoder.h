// The encoder of Deep InfoMax, in small.
#pragma once

#include "images.h"
#include "options.h"

namespace mige_dim {

inline constexpr int64_t kUnits = 64;

/// What is probed: flat convolutional features [B, 16 c], the layer after them [B, fc], and Y [B, 64].
struct Features {
  Tensor conv, fc, y;
};

/// Three convolutions 4 x 4 with stride 2 and a linear layer, each with batch norm and ReLU, then 64 units,
/// normalised: without that MIGE would only make them larger (docs/mige.md).
struct Encoder : ig::nn::Module {
  Encoder(int64_t in_channels, const Options& options, ig::Generator& generator);
  /// x [B, C, 32, 32] in [0, 1].
  Features operator()(const Tensor& x) const;

  bool sigmoid;
  ig::nn::Conv2d conv1, conv2, conv3;
  ig::nn::BatchNorm2d norm1, norm2, norm3;
  ig::nn::Linear fc, units;
  ig::nn::BatchNorm1d norm_fc, norm_y;
};

}  // namespace mige_dim
