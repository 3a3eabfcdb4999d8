// The encoder and the small heads that the objectives need.
#pragma once

#include <infograd/infograd.h>

namespace infomax {

namespace ig = infograd;

inline constexpr int64_t kFeatures = 64;

/// [B, 1, 28, 28] -> local features [B, 128, 7, 7] -> 64 units.
struct Encoder : ig::nn::Module {
  explicit Encoder(ig::Generator& generator);
  ig::nn::Conv2d conv1, conv2, conv3;
  ig::nn::BatchNorm2d norm1, norm2, norm3;
  ig::nn::Linear fc;

  ig::Tensor local(const ig::Tensor& images) const;
  ig::Tensor global(const ig::Tensor& local) const;
  ig::Tensor operator()(const ig::Tensor& images) const { return global(local(images)); }
};

/// Encoder plus heads. The heads are thrown away after training; the probe sees the encoder's 64 units.
struct Model : ig::nn::Module {
  explicit Model(ig::Generator& generator);
  Encoder encoder;
  ig::nn::Linear head1, head2;  ///< 64 -> 256 -> 64, what the critic compares
  ig::nn::Conv2d local_head;    ///< 1x1, for the local features of jsd
  ig::Tensor log_partition;     ///< subtracted from scores: NWJ needs normalised ones and learns it
  ig::Tensor mine_average;      ///< moving average of MINE

  ig::Tensor project(const ig::Tensor& features) const { return head2(head1(features)); }
};

}  // namespace infomax
