#include "mine.h"

#include <infograd/infograd.h>

#include "curve.h"

namespace mige_toy {

namespace {

struct Critic : ig::nn::Module {
  Critic(int64_t d, ig::Generator& generator)
      : of_x(child("of_x", tower(d, generator))), of_y(child("of_y", tower(d, generator))) {}

  static ig::nn::Sequential tower(int64_t d, ig::Generator& generator) {
    return ig::nn::Sequential(
        ig::nn::Linear(d, 512, {.activation = ig::Activation::relu, .generator = &generator}),
        ig::nn::Linear(512, 512, {.activation = ig::Activation::relu, .generator = &generator}),
        ig::nn::Linear(512, 20, {.generator = &generator}));
  }
  Tensor operator()(const Tensor& x, const Tensor& y) const {
    return ig::losses::separable_critic(of_x(x), of_y(y));
  }
  ig::nn::Sequential of_x, of_y;
};

}  // namespace

double gradient_by_mine(double at, int64_t d, bool f, const Options& options, ig::Generator& generator) {
  const ig::Device device = options.device;
  Critic critic(d, generator);
  critic.to(device);
  ig::optim::Adam adam(critic.parameters(), {.lr = 1e-4});
  Tensor rho = ig::scalar(at, ig::DType::f32, device).set_requires_grad();
  for (int64_t batch = 1;; ++batch) {
    const Tensor x = ig::rand_normal({kBatch, d}, 0, 1, ig::DType::f32, generator, device);
    const Tensor noise = ig::rand_normal({kBatch, d}, 0, 1, ig::DType::f32, generator, device);
    const Tensor scores = critic(x, rho * x + sqrt(1.0 - square(rho)) * noise);
    adam.zero_grad();
    rho.zero_grad();
    (f ? ig::losses::nwj(scores) : ig::losses::dv(scores)).backward();  // minus the bound
    if (batch == options.mine_steps) return -rho.grad().item();
    adam.step();
  }
}

}  // namespace mige_toy
