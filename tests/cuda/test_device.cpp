// What needs a GPU; each test skips, saying why, where there is none. The table of ops runs on cuda against
// the reference backend.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <infograd/autograd/engine.h>
#include <infograd/backends/cuda_device.h>
#include <infograd/backends/pretended_device.h>
#include <infograd/backends/registry.h>
#include <infograd/core/allocator.h>
#include <infograd/core/error.h>
#include <infograd/ops/creation.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/matmul.h>
#include <infograd/ops/random_ops.h>
#include <infograd/ops/reduce.h>

#include "tests/cuda/need_cuda.h"
#include "tests/op_cases.h"

namespace infograd::testing {
namespace {

using ::testing::HasSubstr;

TEST(CudaDevice, WithoutOneTheErrorSaysWhatToDo) {
  if (cuda::is_available()) GTEST_SKIP() << "there is " << cuda::describe();
  EXPECT_NE(cuda::why_unavailable(), "");
  EXPECT_EQ(cuda::describe(), cuda::why_unavailable());
  try {
    zeros({2}, DType::f32, Device::cuda());
    FAIL() << "made a tensor on a device that is not there";
  } catch (const DeviceError& error) {
    const bool compiled = ::testing::Value(compiled_backends(), ::testing::Contains("cuda"));
    EXPECT_THAT(error.what(), HasSubstr(compiled ? "no CUDA device can be used" : "cmake --preset cuda"));
  }
  EXPECT_THROW(zeros({2}).to(Device::cuda()), DeviceError);
  EXPECT_THROW(cuda::synchronize(), DeviceError);
}

class OnDevice : public ::testing::Test {
 protected:
  void SetUp() override { NEED_CUDA(); }
};

TEST_F(OnDevice, ValuesGoThereAndBack) {
  for (const int64_t n : {0, 1, 1000, 3'000'000}) {  // the last takes several pinned buffers
    const Tensor x = rand_normal({n});
    const Tensor there = x.to(Device::cuda());
    EXPECT_EQ(there.device(), Device::cuda());
    EXPECT_EQ(there.to(cpu).to_vector<float>(), x.to_vector<float>());
  }
  EXPECT_EQ(full({}, 2.5, DType::f64, Device::cuda()).item<double>(), 2.5);
  EXPECT_THROW(static_cast<void>(zeros({1}, DType::f32, Device::cuda()).data<float>()), DeviceError);
}

TEST_F(OnDevice, MixedDevicesAreNamed) {
  try {
    zeros({2}) + zeros({2}, DType::f32, Device::cuda());
    FAIL();
  } catch (const DeviceError& error) {
    EXPECT_THAT(error.what(), HasSubstr("cpu"));
    EXPECT_THAT(error.what(), HasSubstr("cuda:0"));
  }
}

TEST_F(OnDevice, MemoryIsReused) {
  const auto step = [] { const Tensor x = zeros({1000, 100}, DType::f32, Device::cuda()) + 1; };
  step();
  const auto before = memory::stats(Device::cuda());
  for (int i = 0; i < 50; ++i) step();
  EXPECT_EQ(memory::stats(Device::cuda()).system_allocations, before.system_allocations);
  EXPECT_EQ(memory::stats(Device::cuda()).active_bytes, before.active_bytes);
}

TEST_F(OnDevice, OutOfMemorySaysWhatIsHeld) {
  const Tensor kept = zeros({1000}, DType::f32, Device::cuda());
  try {
    empty({int64_t{1} << 45}, DType::f32, Device::cuda());
    FAIL();
  } catch (const DeviceError& error) {
    EXPECT_THAT(error.what(), HasSubstr("out of memory"));
    EXPECT_THAT(error.what(), HasSubstr("active"));
  }
  EXPECT_EQ(sum(kept).item<float>(), 0) << "the device still works";
}

TEST_F(OnDevice, TwoRunsGiveTheSameBits) {
  const auto run = [] {
    Generator generator(3);
    const Tensor x = rand_normal({257, 1031}, 0, 1, DType::f32, generator).to(Device::cuda());
    return sum(exp(x)).item<float>();
  };
  EXPECT_EQ(run(), run());
}

class EveryOpOnDevice : public ::testing::TestWithParam<OpCase> {};

/// Results and gradients, on the host.
std::vector<Tensor> results_on(Device device, const OpCase& row, const std::vector<Shape>& shapes,
                               DType dtype, Layout layout) {
  const BackendScope scope("reference");
  std::vector<Tensor> inputs, wanted;
  for (const Tensor& x : make_inputs(row, shapes, dtype, Layout::contiguous)) {
    Tensor y = lay_out(x.detach().to(device), layout);
    if (x.requires_grad()) wanted.push_back(y.set_requires_grad());
    inputs.push_back(y);
  }
  const Tensor out = row.f(inputs);
  std::vector<Tensor> results = {out.detach().to(cpu)};
  if (!wanted.empty() && out.requires_grad()) {
    const OpCase seed{.op = row.op, .f = {}, .inputs = {normal()}};
    const Tensor weights = make_inputs(seed, {out.shape()}, out.dtype(), Layout::contiguous, 1)[0].detach();
    for (const Tensor& g : grad(out, wanted, false, false, weights.to(out.device())))
      results.push_back(g.defined() ? g.to(cpu) : g);
  }
  return results;
}

TEST_P(EveryOpOnDevice, AgreesWithReference) {
  NEED_CUDA();
  const OpCase& row = GetParam();
  for (const DType dtype : row.dtypes)
    for (size_t i = 0; i < row.shapes.size(); ++i)
      for (const Layout layout : row.layouts) {
        if (i > 0 && layout != Layout::contiguous) continue;
        SCOPED_TRACE(std::string(name(dtype)) + " " + to_string(layout) + ", shapes " + std::to_string(i));
        const std::vector<Tensor> expected = results_on(cpu, row, row.shapes[i], dtype, layout);
        std::vector<Tensor> actual;
        try {
          actual = results_on(Device::cuda(), row, row.shapes[i], dtype, layout);
        } catch (const NotImplemented& error) {  // counted apart from what agrees
          SKIP_OR_FAIL(std::string("not on cuda yet: ") + error.what());
        }
        ASSERT_EQ(actual.size(), expected.size());
        Tolerance tolerance = tolerance_of(dtype);
        tolerance.rtol *= row.tolerance;
        tolerance.atol *= row.tolerance;
        for (size_t k = 0; k < actual.size(); ++k)
          EXPECT_EQ(difference(actual[k], expected[k], tolerance), "")
              << (k == 0 ? "value" : "gradient " + std::to_string(k - 1));
      }
}

// The same on a device that is the host in disguise, where the backend is the reference: an op that touches
// its data on the host or meets an operand of its own making elsewhere throws here as it would on a GPU.
class EveryOpOnPretendedDevice : public ::testing::TestWithParam<OpCase> {};

TEST_P(EveryOpOnPretendedDevice, KeepsToItsDevice) {
  const PretendedDevice device;
  const OpCase& row = GetParam();
  for (const std::vector<Shape>& shapes : row.shapes) {
    const DType dtype = row.dtypes[0];
    const std::vector<Tensor> expected = results_on(cpu, row, shapes, dtype, Layout::contiguous);
    const std::vector<Tensor> actual =
        results_on(PretendedDevice::kDevice, row, shapes, dtype, Layout::contiguous);
    ASSERT_EQ(actual.size(), expected.size());
    for (size_t k = 0; k < actual.size(); ++k) EXPECT_EQ(difference(actual[k], expected[k], {0, 0}), "");
  }
}

INSTANTIATE_TEST_SUITE_P(Ops, EveryOpOnPretendedDevice, ::testing::ValuesIn(op_cases()),
                         [](const ::testing::TestParamInfo<OpCase>& row) { return name_of(row.param); });

INSTANTIATE_TEST_SUITE_P(Ops, EveryOpOnDevice, ::testing::ValuesIn(op_cases()),
                         [](const ::testing::TestParamInfo<OpCase>& row) { return name_of(row.param); });

}  // namespace
}  // namespace infograd::testing
