// Derivatives that a device computes, against finite differences of values that it computes, in f64.
#include <gtest/gtest.h>

#include <infograd/autograd/gradcheck.h>
#include <infograd/backends/pretended_device.h>
#include <infograd/backends/registry.h>
#include <infograd/core/error.h>

#include "tests/cuda/need_cuda.h"
#include "tests/loss_cases.h"
#include "tests/op_cases.h"

namespace infograd::testing {
namespace {

/// The function with everything between its arguments and its result on `device`.
TensorFunction computed_on(Device device, const TensorFunction& f) {
  return [=](const std::vector<Tensor>& arguments) {
    std::vector<Tensor> there;
    for (const Tensor& x : arguments) there.push_back(x.to(device));
    return f(there).to(cpu);
  };
}

/// Empty, or what is wrong. `second`: the derivative of the gradient.
std::string check_op(Device device, const OpCase& row, const std::vector<Shape>& shapes, bool second) {
  GradcheckOptions options;
  if (second) options = {.step = 1e-5, .rtol = 1e-5, .atol = 1e-6};
  options.rtol *= row.gradient_tolerance;
  options.atol *= row.gradient_tolerance;
  const std::vector<Tensor> inputs = make_inputs(row, shapes, DType::f64, Layout::contiguous);
  const TensorFunction f = computed_on(device, row.f);
  const GradcheckReport report = (second ? gradgradcheck : gradcheck)(f, inputs, options);
  return report.ok ? "" : report.message;
}

class OpDerivatives : public ::testing::TestWithParam<OpCase> {};

TEST_P(OpDerivatives, OnDevice) {
  NEED_CUDA();
  const OpCase& row = GetParam();
  if (row.gradient == Gradient::none) return;
  try {
    for (const std::vector<Shape>& shapes : row.shapes)
      EXPECT_EQ(check_op(Device::cuda(), row, shapes, false), "") << "first derivative";
    if (row.gradient == Gradient::twice) {
      EXPECT_EQ(check_op(Device::cuda(), row, row.shapes[0], true), "") << "second derivative";
    }
  } catch (const NotImplemented& error) {
    SKIP_OR_FAIL(std::string("not on cuda yet: ") + error.what());
  }
}

// That the derivative itself stays on its device, where the device is the host in disguise.
TEST_P(OpDerivatives, OnPretendedDevice) {
  const OpCase& row = GetParam();
  if (row.gradient == Gradient::none) return;
  const PretendedDevice device;
  EXPECT_EQ(check_op(PretendedDevice::kDevice, row, row.shapes[0], false), "");
}

INSTANTIATE_TEST_SUITE_P(Ops, OpDerivatives, ::testing::ValuesIn(op_cases()),
                         [](const ::testing::TestParamInfo<OpCase>& row) { return name_of(row.param); });

class LossDerivatives : public ::testing::TestWithParam<LossCase> {};

TEST_P(LossDerivatives, OnDevice) {
  NEED_CUDA();
  const LossCase& row = GetParam();
  if (!row.gradcheck) return;
  Inputs inputs;
  for (const Tensor& x : row.random) inputs.push_back(x.detach().clone().set_requires_grad());
  try {
    const auto loss = [&](const Inputs& x) { return row.loss(x, nullptr); };
    const GradcheckReport report = gradcheck(computed_on(Device::cuda(), loss), inputs);
    EXPECT_TRUE(report.ok) << report.message;
  } catch (const NotImplemented& error) {
    SKIP_OR_FAIL(std::string("not on cuda yet: ") + error.what());
  }
}

INSTANTIATE_TEST_SUITE_P(Losses, LossDerivatives, ::testing::ValuesIn(loss_cases()),
                         [](const auto& test) { return name_of(test.param); });

}  // namespace
}  // namespace infograd::testing
