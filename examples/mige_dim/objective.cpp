#include "objective.h"

#include <algorithm>

namespace mige_dim {

using namespace ig;

namespace {

/// An MLP on (flat convolutional features, Y): relu(A c + B y + b), a second layer, one number.
struct Critic : nn::Module {
  Critic(const Options& options, Generator& generator)
      : of_conv(child("of_conv",
                      nn::Linear(16 * options.channels[2], options.critic, {.generator = &generator}))),
        of_y(child("of_y", nn::Linear(kUnits, options.critic, {.bias = false, .generator = &generator}))),
        hidden(child("hidden", nn::Linear(options.critic, options.critic,
                                          {.activation = Activation::relu, .generator = &generator}))),
        last(child("last", nn::Linear(options.critic, 1, {.generator = &generator}))) {}

  /// Each image with its own Y, and with those of the n images that follow it in the batch.
  losses::Scores operator()(const Features& features, int64_t n) const {
    const Tensor a = of_conv(features.conv), b = of_y(features.y);
    const int64_t size = a.size(0);
    std::vector<Tensor> pairs{a + b};
    for (int64_t shift = 1; shift <= std::min(n, size - 1); ++shift)
      pairs.push_back(a + index_select(b, 0, losses::cyclic_derangement(size, shift, b.device())));
    const Tensor scores = squeeze(last(hidden(relu(stack(pairs)))), 2);  // [1 + n, B]
    return losses::Scores::pairs(select(scores, 0, 0), transpose(slice(scores, 0, 1)), true);
  }
  nn::Linear of_conv, of_y, hidden, last;
};

class Contrast : public Objective {
 public:
  Contrast(bool jsd, const Options& options, Generator& generator)
      : jsd_(jsd), negatives_(jsd ? 1 : options.negatives), critic_(options, generator) {
    critic_.to(options.device);
  }
  std::vector<Tensor> parameters() const override { return critic_.parameters(); }
  Tensor operator()(const Tensor&, const Features& features) override {
    const losses::Scores scores = critic_(features, negatives_);
    return jsd_ ? losses::jsd(scores) : losses::info_nce(scores, {.direction = losses::Direction::rows});
  }

 private:
  bool jsd_;
  int64_t negatives_;
  Critic critic_;
};

/// S([Rx, y]) - S(y), R random and fixed.
class Mige : public Objective {
 public:
  Mige(const Options& options, uint64_t seed, Generator& generator)
      : noise_(options.noise), generator_(generator.split()) {
    options_.rp_dim = options.rp_dim;
    options_.rp_seed = seed;
  }
  Tensor operator()(const Tensor& x, const Features& features) override {
    Tensor y = features.y;
    if (noise_ > 0) y = y + noise_ * rand_normal(y.shape(), 0, 1, DType::f32, generator_, y.device());
    result_ = losses::mige_mi(flatten(x, 1), y, options_);
    return -result_.surrogate;
  }
  const losses::MigeResult* scores() const override { return &result_; }

 private:
  double noise_;
  Generator generator_;
  losses::MigeOptions options_;
  losses::MigeResult result_;
};

}  // namespace

std::unique_ptr<Objective> make_objective(const std::string& method, const Options& options, uint64_t seed,
                                          Generator& generator) {
  if (method == "mige") return std::make_unique<Mige>(options, seed, generator);
  return std::make_unique<Contrast>(method == "jsd", options, generator);
}

}  // namespace mige_dim
