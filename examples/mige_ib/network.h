// The classifier: image -> noisy representation -> digit.
#pragma once

#include <infograd/infograd.h>

#include "options.h"

namespace mige_ib {

namespace ig = infograd;
using ig::Tensor;

/// The law of the representation given an image: N(mu, sigma^2), each [B, K].
struct Code {
  Tensor mu, sigma;
  /// mu + sigma noise.
  Tensor draw(ig::Generator& generator) const;
};

/// 784-h-h-2K with ReLU, then K-10. Weights start by Glorot's uniform rule, biases at 0.
struct Network : ig::nn::Module {
  Network(const Options& options, int64_t units, ig::Generator& generator);
  /// x [B, 784] in [-1, 1]; sigma = softplus(r - 5).
  Code encode(const Tensor& x) const;
  /// Logits [B, 10].
  Tensor decode(const Tensor& z) const { return decoder(z); }

  ig::nn::Linear first, second, last, decoder;
};

/// Makes `average` the mean of the weights of `network` so far, from the thousandth update on exponential
/// with weight 0.999 of the old value: what is tested is the average.
class Averaging {
 public:
  Averaging(const Network& network, const Network& average);
  /// Call after every update.
  void update();

 private:
  std::vector<Tensor> from_, to_;
  double updates_ = 0;
};

}  // namespace mige_ib
