// The first thing to read: fit y = 3 x1 - 2 x2 + 0.5 by gradient descent.
#include <cstdio>

#include <infograd/infograd.h>

#include "shared/command_line.h"
#include "shared/device.h"
#include "shared/run_program.h"

namespace ig = infograd;

int fit(ig::Device device) {
  // Data: 256 points, a little noise. Tensors are f32 unless said otherwise.
  const ig::Tensor x = ig::rand_normal({256, 2}).to(device);
  const ig::Tensor truth = ig::tensor({3, -2}).to(device);
  const ig::Tensor y = ig::matmul(x, truth) + 0.5 + 0.1 * ig::rand_normal({256}).to(device);

  // What we look for. A tensor that requires a gradient is a leaf of the graph.
  ig::Tensor weight = ig::zeros({2}, ig::DType::f32, device);
  ig::Tensor bias = ig::zeros({1}, ig::DType::f32, device);
  weight.set_requires_grad();
  bias.set_requires_grad();

  for (int step = 0; step <= 200; ++step) {
    const ig::Tensor prediction = ig::matmul(x, weight) + bias;  // every op is recorded ...
    const ig::Tensor loss = ig::mean(ig::square(prediction - y));
    weight.zero_grad();
    bias.zero_grad();
    loss.backward();  // ... and walked back here

    {
      const ig::NoGrad no_recording;  // the update is not part of the graph
      ig::add_(weight, weight.grad(), -0.1);
      ig::add_(bias, bias.grad(), -0.1);
    }
    if (step % 50 == 0) std::printf("step %3d  loss %.5f\n", step, loss.item());
  }

  std::printf("weight %s\nbias %s\n", ig::to_string(weight).c_str(), ig::to_string(bias).c_str());
  const double error = ig::max(ig::abs(weight.detach() - truth)).item();
  return error < 0.05 ? 0 : 1;  // an example is also a test
}

int main(int argc, char** argv) {
  uint64_t seed = 0;
  ig::Device device = ig::cpu;
  shared::CommandLine command("Fits y = 3 x1 - 2 x2 + 0.5 by gradient descent.");
  command.option("--seed", seed, "of the data");
  shared::device_option(command, device);
  command.parse(argc, argv);
  ig::manual_seed(seed);
  return shared::run_program("linear_regression", [&] { return fit(device); });
}
