// A training run on a device follows that of the CPU.
#include <gtest/gtest.h>

#include <infograd/autograd/engine.h>
#include <infograd/backends/cuda_device.h>
#include <infograd/backends/pretended_device.h>
#include <infograd/backends/registry.h>
#include <infograd/nn/linear.h>
#include <infograd/nn/optim/adamw.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/random_ops.h>
#include <infograd/ops/reduce.h>
#include <infograd/ops/softmax.h>

namespace infograd {
namespace {

struct Model : nn::Module {
  Generator generator{1};
  nn::Linear first =
      child("first", nn::Linear(12, 32, {.activation = Activation::gelu, .generator = &generator}));
  nn::Linear second = child("second", nn::Linear(32, 5, {.generator = &generator}));
  Tensor operator()(const Tensor& x) const { return log_softmax(second(first(x)), -1); }
};

/// The losses of some steps of regression on log-probabilities, with inputs drawn on the device.
std::vector<double> train(Device device, int steps) {
  Model model;
  model.to(device);
  optim::AdamW optimizer(model.parameters(), {.lr = 1e-2});
  Generator generator(2);
  std::vector<double> losses;
  for (int i = 0; i < steps; ++i) {
    const Tensor x = rand_normal({40, 12}, 0, 1, DType::f32, generator, device);
    const Tensor target = log_softmax(x * 0.5 + 0.1, -1);
    const Tensor wanted = sum(target, {1}, true);
    const Tensor loss = mean(square(sum(model(x), {1}, true) - wanted * 0.5));
    optimizer.zero_grad();
    loss.backward();
    optimizer.step();
    losses.push_back(loss.item());
  }
  return losses;
}

TEST(CudaTraining, APretendedDeviceGivesTheSameBits) {
  const BackendScope scope("reference");
  const std::vector<double> expected = train(cpu, 5);
  EXPECT_LT(expected.back(), expected.front());
  const PretendedDevice device;
  EXPECT_EQ(train(PretendedDevice::kDevice, 5), expected);
}

TEST(CudaTraining, ADeviceFollowsTheCpuForAHundredSteps) {
  if (!cuda::is_available()) GTEST_SKIP() << cuda::why_unavailable();
  const std::vector<double> expected = train(cpu, 100), actual = train(Device::cuda(), 100);
  for (size_t i = 0; i < expected.size(); ++i)
    EXPECT_NEAR(actual[i], expected[i], 1e-3 * (expected[i] + 1e-2)) << "step " << i;
  EXPECT_EQ(train(Device::cuda(), 100), actual) << "two runs give the same bits";
}

}  // namespace
}  // namespace infograd
