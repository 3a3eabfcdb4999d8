// What a user's first program does: one step of training, through the umbrella header only.
#include <cstdio>

#include <infograd/infograd.h>

namespace ig = infograd;

int main() {
  ig::manual_seed(0);
  ig::nn::Linear layer(4, 1);
  ig::optim::Adam optimizer(layer.parameters(), {.lr = 0.1});
  const ig::Tensor x = ig::rand_normal({32, 4});
  const ig::Tensor y = ig::sum(x, {1}, true);
  double first = 0, last = 0;
  for (int step = 0; step < 100; ++step) {
    optimizer.zero_grad();
    ig::Tensor loss = ig::mean(ig::square(layer(x) - y));
    loss.backward();
    optimizer.step();
    last = loss.item();
    if (step == 0) first = last;
  }
  std::printf("infograd %s: loss %.4f -> %.4f\n", ig::version(), first, last);
  return last < 0.1 * first ? 0 : 1;
}
