// What cuDNN is asked for, as far as it can tell without a device: it plans for one that is only described.
#include <gtest/gtest.h>

#if defined(INFOGRAD_CUDNN)

#include <string>

#include <infograd/backends/cuda/cudnn_graph.h>
#include <infograd/core/generator.h>
#include <infograd/core/tensor.h>

#include "tests/cuda/conv_cases.h"

namespace infograd::cuda {
namespace {

using cudnn::Descriptor;
using cudnn::Plan;
using cudnn::Problem;

/// As the library writes down a device of compute capability 9.0 with 132 multiprocessors.
constexpr char kDevice[] = R"({"deviceVer":900,"driverVer":13000,"cudaDeviceId":0,
"maxGridSize":[2147483647,65535,65535],"maxBlockSize":[1024,1024,64],"regsPerBlock":65536,
"multiProcessorCount":132,"smClockRateKHz":1980000,"memClockRateKHz":2619000,"l2CacheSize":52428800,
"warpSize":32,"maxSharedMemoryPerBlock":49152,"maxSharedMemoryPerBlockOptin":232448,
"reservedSharedMemoryPerBlock":1024,"maxRegistersPerSM":65536,"maxCtasPerSM":32,"maxThreadsPerBlock":1024,
"maxThreadsPerSM":2048,"totalGlobalMem":85000000000,"deviceName":"described","isTccDriver":0,
"supportCoopLaunch":1,"pciDeviceId":0})";

class CudaCudnn : public ::testing::Test {
 protected:
  void SetUp() override {
#if CUDNN_VERSION >= 90800
    device_.emplace(CUDNN_BACKEND_DEVICEPROP_DESCRIPTOR);
    device_->set(CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION, CUDNN_TYPE_CHAR, kDevice, sizeof(kDevice) - 1);
    if (!device_->finalize())
#endif
      GTEST_SKIP() << "cuDNN " << cudnnGetVersion() << " does not take this description of a device";
  }

  /// For dense operands, channels last.
  Plan plan(const ConvCase& c, DType dtype, bool tensor_float = false) const {
    const auto view = [&](const Shape& s) {
      static char nowhere;
      return View(&nowhere, dtype, s, {s[1] * s[2] * s[3], 1, s[3] * s[1], s[1]});
    };
    return cudnn::make_plan(cudnn::Target(*device_),
                            {c.args.pass, view(c.x), view(c.w), view(c.y), c.args, tensor_float, 16});
  }

  std::optional<Descriptor> device_;
};

TEST_F(CudaCudnn, PlansEveryPassOfRandomConvolutions) {
  Generator generator(17);
  for (int trial = 0; trial < 8; ++trial) {
    ConvCase c = random_conv(generator);
    for (const DType dtype : {DType::f32, DType::f64, DType::bf16})
      for (const ConvPass pass : {ConvPass::forward, ConvPass::data_grad, ConvPass::weight_grad}) {
        c.args.pass = pass;
        const Plan found = plan(c, dtype);
        EXPECT_TRUE(found.plan.has_value())
            << "x " << to_string(c.x) << " w " << to_string(c.w) << " groups " << c.args.groups << " "
            << name(dtype) << " pass " << static_cast<int>(pass);
      }
  }
}

/// The numerical notes of the engine that was chosen.
std::vector<cudnnBackendNumericalNote_t> notes_of(const Plan& plan) {
  const Descriptor engine(CUDNN_BACKEND_ENGINE_DESCRIPTOR);
  cudnnBackendDescriptor_t place = engine.get();
  plan.parts.back().get(CUDNN_ATTR_ENGINECFG_ENGINE, CUDNN_TYPE_BACKEND_DESCRIPTOR, &place, 1);
  std::vector<cudnnBackendNumericalNote_t> notes(CUDNN_NUMERICAL_NOTE_TYPE_COUNT);
  notes.resize(static_cast<size_t>(engine.get(CUDNN_ATTR_ENGINE_NUMERICAL_NOTE, CUDNN_TYPE_NUMERICAL_NOTE,
                                              notes.data(), CUDNN_NUMERICAL_NOTE_TYPE_COUNT)));
  return notes;
}
bool has(const Plan& plan, cudnnBackendNumericalNote_t note) {
  const auto notes = notes_of(plan);
  return std::find(notes.begin(), notes.end(), note) != notes.end();
}

TEST_F(CudaCudnn, PlansAreDeterministicAndF32IsNotRoundedUnlessAllowed) {
  ConvCase c;
  c.x = {256, 64, 32, 32}, c.w = {64, 64, 3, 3}, c.y = c.x;
  c.args.pad_begin = c.args.pad_end = {1, 1};
  for (const ConvPass pass : {ConvPass::forward, ConvPass::data_grad, ConvPass::weight_grad}) {
    c.args.pass = pass;
    for (const bool allowed : {false, true}) {
      const Plan found = plan(c, DType::f32, allowed);
      ASSERT_TRUE(found.plan.has_value());
      EXPECT_FALSE(has(found, CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC));
      EXPECT_FALSE(has(found, CUDNN_NUMERICAL_NOTE_DOWN_CONVERT_INPUTS));
      EXPECT_EQ(has(found, CUDNN_NUMERICAL_NOTE_TENSOR_CORE), allowed);
      EXPECT_LE(found.workspace, cudnn::kMostWorkspace);
    }
    EXPECT_TRUE(has(plan(c, DType::bf16), CUDNN_NUMERICAL_NOTE_TENSOR_CORE));
  }
}

}  // namespace
}  // namespace infograd::cuda

#else

TEST(CudaCudnn, PlansForADescribedDevice) {
  GTEST_SKIP() << "there is no cuDNN 9 here";
}

#endif
