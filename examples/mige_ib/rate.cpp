#include "rate.h"

#include <string>
#include <vector>

namespace mige_ib {

using namespace ig;

Tensor kl_to_normal(const Code& code) {
  const Tensor each = 0.5 * (square(code.mu) + square(code.sigma) - 1.0) - log(code.sigma);
  return sum(each) / static_cast<double>(code.mu.size(0));
}

namespace {

class None : public Rate {
 public:
  bool noisy() const override { return false; }
  bool in_nats() const override { return false; }
  Tensor operator()(const Tensor&, const Code&, const Tensor& z) override {
    return scalar(0, DType::f32, z.device());
  }
};

class Variational : public Rate {
 public:
  Tensor operator()(const Tensor&, const Code& code, const Tensor&) override { return kl_to_normal(code); }
};

/// relu(A x + B z + b), more layers, one number.
struct Critic : nn::Module {
  Critic(int64_t units, const std::vector<int64_t>& widths, Generator& generator)
      : of_x(child("of_x", nn::Linear(784, widths[0], {.generator = &generator}))),
        of_z(child("of_z", nn::Linear(units, widths[0], {.bias = false, .generator = &generator}))),
        last(child("last", nn::Linear(widths.back(), 1, {.generator = &generator}))) {
    for (size_t i = 1; i < widths.size(); ++i)
      hidden.push_back(child(
          "hidden" + std::to_string(i),
          nn::Linear(widths[i - 1], widths[i], {.activation = Activation::relu, .generator = &generator})));
  }
  /// Of the pairs (x, z) and of (x, z in another order).
  losses::Scores operator()(const Tensor& x, const Tensor& z, const Tensor& order) const {
    const Tensor a = of_x(x), b = of_z(z);
    Tensor h = relu(concat({a + b, a + index_select(b, 0, order)}));
    for (const nn::Linear& layer : hidden) h = layer(h);
    const Tensor scores = last(h);
    const int64_t n = x.size(0);
    return losses::Scores::pairs(squeeze(slice(scores, 0, 0, n), 1), slice(scores, 0, n), true);
  }
  nn::Linear of_x, of_z, last;
  std::vector<nn::Linear> hidden;
};

/// The bound of Donsker and Varadhan; its critic makes one step before each of the encoder's.
class Mine : public Rate {
 public:
  Mine(int64_t units, const Options& options, const Generator& generator)
      : generator_(generator),
        critic_(on(options.device, Critic(units, options.critic, generator_))),
        adam_(critic_.parameters(), {.lr = 2e-4}) {}

  Tensor operator()(const Tensor& x, const Code&, const Tensor& z) override {
    const Tensor order = losses::derangement(x.size(0), generator_, x.device());
    adam_.zero_grad();
    losses::dv(critic_(x, z.detach(), order)).backward();
    adam_.step();
    critic_.set_requires_grad(false);  // the encoder's step looks at z alone
    const Tensor bound = -losses::dv(critic_(x, z, order));
    critic_.set_requires_grad(true);
    return bound;
  }

 private:
  static Critic on(Device device, Critic critic) {
    critic.to(device);
    return critic;
  }
  Generator generator_;
  Critic critic_;
  optim::Adam adam_;
};

/// Through the scores of z; the noise of z given x is known.
class Mige : public Rate {
 public:
  bool in_nats() const override { return false; }
  int64_t eigenfunctions() const override { return kept_; }
  Tensor operator()(const Tensor&, const Code& code, const Tensor& z) override {
    const losses::MigeResult result = losses::mige_mi_gaussian(z, log(code.sigma));
    kept_ = result.marginal_z.J;
    return result.surrogate;
  }

 protected:
  int64_t kept_ = 0;
};

/// Through the scores of (x, z) and of z: nothing about the noise is used.
class MigeJoint : public Mige {
 public:
  explicit MigeJoint(uint64_t seed) { options_.rp_dim = 128, options_.rp_seed = seed; }
  Tensor operator()(const Tensor& x, const Code&, const Tensor& z) override {
    const losses::MigeResult result = losses::mige_mi(x, z, options_);
    kept_ = result.joint.J;
    return result.surrogate;
  }

 private:
  losses::MigeOptions options_;
};

}  // namespace

std::unique_ptr<Rate> make_rate(const std::string& method, int64_t units, const Options& options,
                                const Generator& generator) {
  if (method == "vib") return std::make_unique<Variational>();
  if (method == "mine") return std::make_unique<Mine>(units, options, generator);
  if (method == "mige") return std::make_unique<Mige>();
  if (method == "mige-joint") return std::make_unique<MigeJoint>(options.seed);
  return std::make_unique<None>();
}

}  // namespace mige_ib
