#include "network.h"

#include <algorithm>

namespace mige_ib {

using namespace ig;

Tensor Code::draw(Generator& generator) const {
  return mu + sigma * rand_normal(mu.shape(), 0, 1, DType::f32, generator, mu.device());
}

namespace {

nn::Linear layer(int64_t in, int64_t out, Activation activation, Generator& generator) {
  nn::Linear linear(in, out, {.activation = activation, .generator = &generator});
  nn::init::xavier_uniform_(linear.weight(), generator);
  nn::init::zeros_(linear.bias());
  return linear;
}

}  // namespace

Network::Network(const Options& options, int64_t units, Generator& generator)
    : first(child("first", layer(784, options.hidden, Activation::relu, generator))),
      second(child("second", layer(options.hidden, options.hidden, Activation::relu, generator))),
      last(child("last", layer(options.hidden, 2 * units, Activation::none, generator))),
      decoder(child("decoder", layer(units, 10, Activation::none, generator))) {}

Code Network::encode(const Tensor& x) const {
  const Tensor both = last(second(first(x)));
  const int64_t units = both.size(1) / 2;
  return {.mu = slice(both, 1, 0, units), .sigma = softplus(slice(both, 1, units) - 5.0)};
}

Averaging::Averaging(const Network& network, const Network& average)
    : from_(network.parameters()), to_(average.parameters()) {}

void Averaging::update() {
  const NoGrad no_grad;
  const double keep = std::min(0.999, updates_ / (updates_ + 1));
  for (size_t i = 0; i < from_.size(); ++i) {
    mul_(to_[i], keep);
    add_(to_[i], from_[i], 1 - keep);
  }
  ++updates_;
}

}  // namespace mige_ib
