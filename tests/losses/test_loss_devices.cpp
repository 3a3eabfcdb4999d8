// Every loss stays on the device of its inputs. The device is the host in disguise (pretended_device.h),
// where host access to data of a device, or operands on two devices, throw as they would on a GPU.
#include <gtest/gtest.h>
#include <tests/loss_cases.h>

#include <infograd/autograd/engine.h>
#include <infograd/backends/pretended_device.h>
#include <infograd/backends/registry.h>
#include <infograd/losses/negatives.h>
#include <infograd/ops/creation.h>

namespace infograd::testing {
namespace {

class LossOnDevice : public ::testing::TestWithParam<LossCase> {};

/// The loss, what it reports and its gradients, on the host.
std::vector<std::vector<double>> results_on(Device device, const LossCase& row) {
  Inputs in;
  for (const Tensor& x : row.golden) in.push_back(x.detach().to(device).clone().set_requires_grad());
  losses::Estimate estimate;
  const Tensor loss = row.loss(in, row.has_report ? &estimate : nullptr);
  EXPECT_EQ(loss.device(), device);
  std::vector<std::vector<double>> results = {{loss.item(), estimate.nats}};
  for (const Tensor& g : grad(loss, in))
    results.push_back(g.defined() ? g.to(DType::f64).to_vector<double>() : std::vector<double>());
  return results;
}

TEST_P(LossOnDevice, GivesTheSameBits) {
  const BackendScope scope("reference");
  const std::vector<std::vector<double>> expected = results_on(cpu, GetParam());
  const PretendedDevice device;
  EXPECT_EQ(results_on(PretendedDevice::kDevice, GetParam()), expected);
}

TEST(LossDevices, NegativesAreMadeWhereTheyAreUsed) {
  const BackendScope scope("reference");
  using Policy = losses::Negatives::Policy;
  const Tensor labels = from_data(std::vector<int64_t>{0, 1, 0, 2, 1}, {5});
  const auto excluded = [&](Device device) {
    Generator generator(3);
    std::vector<std::vector<uint8_t>> pairs;
    for (const Policy policy : {Policy::all_pairs, Policy::label_aware, Policy::derangement}) {
      const Tensor made = losses::excluded_pairs(
          5, {.policy = policy, .labels = labels, .per_positive = 2, .generator = &generator}, device);
      EXPECT_EQ(made.device(), device);
      pairs.push_back(made.to(DType::u8).to_vector<uint8_t>());
    }
    EXPECT_EQ(losses::cyclic_derangement(5, 2, device).device(), device);
    return pairs;
  };
  const auto expected = excluded(cpu);
  const PretendedDevice device;
  EXPECT_EQ(excluded(PretendedDevice::kDevice), expected);
}

INSTANTIATE_TEST_SUITE_P(All, LossOnDevice, ::testing::ValuesIn(loss_cases()),
                         [](const auto& test) { return name_of(test.param); });

}  // namespace
}  // namespace infograd::testing
