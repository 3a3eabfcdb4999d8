// The program of the README: an infomax encoder in a few lines.
#include <cstdio>

#include <infograd/infograd.h>
namespace ig = infograd;

int main() {
  ig::manual_seed(0);
  ig::Generator random(1);
  const ig::data::Dataset digits = ig::data::synthetic_digits({.count = 2048});
  ig::nn::Sequential encoder(ig::nn::Flatten(),
                             ig::nn::Linear(784, 256, {.activation = ig::Activation::relu}),
                             ig::nn::Linear(256, 64));
  ig::optim::Adam adam(encoder.parameters(), {.lr = 1e-3});
  ig::data::DataLoader loader(digits, {.batch_size = 256, .drop_last = true});
  for (int epoch = 1; epoch <= 5; ++epoch) {
    ig::losses::Estimate mi;
    for (const ig::data::Batch& batch : loader) {
      const ig::Tensor x = ig::data::to_float(batch.images);
      const ig::Tensor u = encoder(ig::data::random_affine(x, {}, random));
      const ig::Tensor v = encoder(ig::data::random_affine(x, {}, random));
      const ig::Tensor scores = ig::losses::separable_critic(u, v, {.temperature = 0.2, .normalize = true});
      adam.zero_grad();
      ig::losses::info_nce(ig::losses::Scores(scores), {.common = {.report = &mi}}).backward();
      adam.step();
    }
    std::printf("epoch %d: %s\n", epoch, ig::losses::to_string(mi).c_str());
  }
}
