// What a device has to say, on a device that is the host in disguise: late checks, waits, error texts.
#include <cmath>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <infograd/backends/cuda/advice.h>
#include <infograd/backends/cuda_device.h>
#include <infograd/backends/late_checks_body.h>
#include <infograd/backends/pretended_device.h>
#include <infograd/backends/registry.h>
#include <infograd/backends/waits.h>
#include <infograd/losses/classification/cross_entropy.h>
#include <infograd/losses/classification/label_smoothing.h>
#include <infograd/nn/linear.h>
#include <infograd/nn/optim/adam.h>
#include <infograd/ops/creation.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/histogram.h>
#include <infograd/ops/index.h>
#include <infograd/ops/matmul.h>
#include <infograd/ops/reduce.h>
#include <infograd/ops/shape_ops.h>
#include <infograd/ops/softmax.h>

#include "tests/message_of.h"

namespace infograd {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
constexpr Device kDevice = PretendedDevice::kDevice;

Tensor there(const Tensor& x) {
  return x.to(kDevice);
}
Tensor indices(std::initializer_list<int64_t> values) {
  return from_data(std::vector<int64_t>(values), {static_cast<int64_t>(values.size())});
}

TEST(CudaLateChecks, AnIndexOutOfRangeIsReportedByTheNextWait) {
  const PretendedDevice device;
  const Tensor x = there(arange(0, 10, 1, DType::f32));
  const Tensor fine = index_select(x, 0, there(indices({3, -1, 0})));
  EXPECT_EQ(fine.to_vector<float>(), (std::vector<float>{3, 9, 0}));
  const uint64_t waits = cuda::host_waits();
  const Tensor wrong = index_select(x, 0, there(indices({3, 12, -11})));
  EXPECT_EQ(cuda::host_waits(), waits) << "the op does not wait";
  EXPECT_THAT(message_of<ValueError>([&] { sum(wrong).item(); }),
              AllOf(HasSubstr("index_select: index -11 is outside -10 to 9"), HasSubstr("cuda:14"),
                    HasSubstr("INFOGRAD_CUDA_SYNC=1")));
  EXPECT_EQ(wrong.to_vector<float>(), (std::vector<float>{3, 0, 0})) << "reported once; kernels stay inside";
}

TEST(CudaLateChecks, LabelsOutOfRangeNameTheLoss) {
  const PretendedDevice device;
  const BackendScope scope("reference");
  const Tensor logits = there(zeros({3, 4}));
  const Tensor fine = softmax_cross_entropy(logits, there(indices({0, 3, -100})));
  EXPECT_NEAR(sum(fine).item(), 2 * std::log(4.0), 1e-6);
  softmax_cross_entropy(logits, there(indices({0, 4, 1})));
  EXPECT_THAT(message_of<ValueError>([&] { sum(logits).item(); }),
              AllOf(HasSubstr("softmax_cross_entropy: label 4 is outside 0 to 3 and is not -100"),
                    HasSubstr("labels that count from 1")));
  losses::nll(log_softmax(logits), there(indices({0, -2, 1})));
  EXPECT_THAT(message_of<ValueError>([&] { sum(logits).item(); }), HasSubstr("nll: label -2"));
}

TEST(CudaLateChecks, WhatIsNotFiniteIsNamedByItsFirstElement) {
  const PretendedDevice device;
  constexpr float infinity = std::numeric_limits<float>::infinity();
  const Tensor x = there(from_data(std::vector<float>{0, 1, infinity, -infinity, NAN, 2}, {2, 3}));
  late::check_finite("dv", "scores", ConstView(x.detach()), kDevice);
  EXPECT_THAT(message_of<ValueError>([&] { x.to(cpu); }),
              HasSubstr("dv: NaN or infinity in scores, first at element 2"));
  x.to(cpu);
}

TEST(CudaLateChecks, InfinityIsNotNaN) {
  const PretendedDevice device;
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const Tensor x = there(from_data(std::vector<double>{infinity, -infinity, 1, NAN, NAN}, {5}));
  const auto look = [&](const Tensor& values) {
    late::check_no_nan("ger_loss", "the loss", ConstView(values), kDevice);
    x.to(cpu);
  };
  look(slice(x, 0, 0, 3));
  EXPECT_THAT(message_of<ValueError>([&] { look(x); }),
              HasSubstr("ger_loss: NaN in the loss, first at element 3"));
  look(slice(x, 0, 0, 3));
}

TEST(CudaLateChecks, ALossOfDivergedLogitsSaysSoLater) {
  const PretendedDevice device;
  const BackendScope scope("reference");
  const Tensor logits = there(from_data(std::vector<float>{0, 1, 2, 0, NAN, 0}, {2, 3}));
  const Tensor labels = there(indices({0, 1}));
  const uint64_t waits = cuda::host_waits();
  losses::label_smoothing_loss(logits, labels, 0.1);
  EXPECT_EQ(cuda::host_waits(), waits);
  EXPECT_THAT(message_of<ValueError>([&] { logits.to(cpu); }),
              AllOf(HasSubstr("label_smoothing_loss: NaN in the loss"), HasSubstr("usually diverged")));
}

TEST(CudaLateChecks, AHistogramAndALossNameWhatTheyFound) {
  const PretendedDevice device;
  const BackendScope scope("reference");
  const Tensor x = there(from_data(std::vector<float>{0, 0.5F, NAN, 1}, {1, 4}));
  fuzzy_joint_histogram(x, there(zeros({1, 4})));
  EXPECT_THAT(message_of<ValueError>([&] { x.to(cpu); }),
              AllOf(HasSubstr("fuzzy_joint_histogram: NaN in x or y"), HasSubstr("first at element 2")));
  const Tensor logits = there(zeros({2, 3}));
  losses::label_smoothing_loss(logits, there(indices({3, 0})), 0.1);
  EXPECT_THAT(message_of<ValueError>([&] { logits.to(cpu); }),
              HasSubstr("label_smoothing_loss: label 3 is outside 0 to 2"));
}

TEST(CudaLateChecks, PlacesAreThoseOfOpsAndRanges) {
  late::Places places;
  const int first = places.of({.op = "gather", .lowest = -3, .highest = 2});
  EXPECT_EQ(places.of({.op = "gather", .lowest = -3, .highest = 2}), first);
  EXPECT_NE(places.of({.op = "gather", .lowest = -4, .highest = 3}), first);
  const int finite = places.of_values(late::Kind::finite, "gather", "index");
  EXPECT_NE(finite, first);
  EXPECT_NE(places.of_values(late::Kind::no_nan, "gather", "index"), finite);
  for (int i = 0; i < 2 * late::kPlaces; ++i) places.of({.op = "one_hot", .highest = i});
  EXPECT_EQ(places.of({.op = "late", .highest = 1}), late::kPlaces - 1) << "a full table does not grow";
  std::vector<late::Found> table(late::kPlaces);
  EXPECT_FALSE(places.describe(table.data(), kDevice));
  late::note(&table.back(), 5);
  EXPECT_THAT(*places.describe(table.data(), kDevice), HasSubstr("in a check that came after 255 others"));
  late::note(&table[0], 5);
  late::note(&table[0], 7);
  EXPECT_THAT(*places.describe(table.data(), kDevice), HasSubstr("gather: index 7 is outside -3 to 2"));
}

TEST(CudaWaits, ATrainingStepHasNone) {
  const PretendedDevice device;
  nn::Linear model(6, 3);
  model.to(kDevice);
  optim::Adam optimizer(model.parameters());
  const Tensor x = there(ones({5, 6})), labels = there(indices({0, 1, 2, 0, 1}));
  const uint64_t before = cuda::host_waits();
  Tensor loss;
  for (int i = 0; i < 3; ++i) {
    optimizer.zero_grad();
    loss = losses::cross_entropy(model(x), labels);
    loss.backward();
    optimizer.step();
  }
  EXPECT_EQ(cuda::host_waits(), before);
  loss.item();
  EXPECT_EQ(cuda::host_waits(), before + 1);
}

TEST(CudaWaits, WhatIsEmptyIsThereAlready) {
  const PretendedDevice device;
  const Tensor nothing = empty({0, 3}, DType::f32, kDevice);
  const uint64_t before = cuda::host_waits();
  EXPECT_EQ(nothing.to(cpu).shape(), nothing.shape());
  EXPECT_EQ(there(zeros({0})).numel(), 0);
  EXPECT_EQ(cuda::host_waits(), before);
}

TEST(CudaWaits, AreDescribedWithWhoAsked) {
  EXPECT_EQ(waits::describe("item() or to(cpu)", Device::cuda(1)),
            "the host waits for cuda:1: item() or to(cpu)");
  const waits::Reason outer("info_nce");
  {
    const waits::Reason inner("ssim");
    EXPECT_EQ(waits::describe("item()", Device::cuda()), "ssim: the host waits for cuda:0 (item())");
  }
  EXPECT_EQ(waits::Reason::current(), "info_nce");
}

TEST(CudaWaits, TheVariableIsRead) {
  EXPECT_EQ(waits::parse_mode(nullptr), waits::Mode::off);
  EXPECT_EQ(waits::parse_mode("0"), waits::Mode::off);
  EXPECT_EQ(waits::parse_mode("1"), waits::Mode::every_launch);
  EXPECT_EQ(waits::parse_mode("report"), waits::Mode::report);
  EXPECT_THAT(message_of<ValueError>([] { waits::parse_mode("yes"); }),
              HasSubstr("INFOGRAD_CUDA_SYNC is 'yes'"));
}

TEST(CudaErrors, TwoDevicesAreBothNamed) {
  const PretendedDevice device;
  const Tensor here = zeros({2, 2}), far = there(here);
  const auto names_both = AllOf(HasSubstr("cpu"), HasSubstr("cuda:14"), HasSubstr(".to("));
  EXPECT_THAT(message_of<DeviceError>([&] { here + far; }), names_both);
  EXPECT_THAT(message_of<DeviceError>([&] { matmul(far, here); }), names_both);
  EXPECT_THAT(message_of<DeviceError>([&] { softmax_cross_entropy(far, indices({0, 1})); }), names_both);
}

TEST(CudaErrors, EachSaysWhatToDo) {
  using cuda::advice;
  EXPECT_THAT(std::string(advice("cudaErrorNoDevice")), HasSubstr("nvidia-smi"));
  EXPECT_THAT(std::string(advice("cudaErrorInsufficientDriver")), HasSubstr("update the driver"));
  EXPECT_THAT(std::string(advice("cudaErrorNoKernelImageForDevice")),
              HasSubstr("INFOGRAD_CUDA_ARCHITECTURES"));
  EXPECT_THAT(std::string(advice("cudaErrorMemoryAllocation")), HasSubstr("memory::release_cached"));
  EXPECT_THAT(std::string(advice("cudaErrorIllegalAddress")), HasSubstr("INFOGRAD_CUDA_SYNC=1"));
  EXPECT_THAT(std::string(advice("cudaErrorLaunchTimeout")), HasSubstr("compute-sanitizer"));
  EXPECT_THAT(std::string(advice("cudaErrorDevicesUnavailable")), HasSubstr("another process"));
  EXPECT_THAT(std::string(advice("cudaErrorStreamCaptureUnsupported")), HasSubstr("cuda::Graph"));
  EXPECT_EQ(advice("cudaErrorUnknown"), "");
}

TEST(CudaErrors, ABuildForTheCpuSaysHowToGetCuda) {
  if (::testing::Value(compiled_backends(), Contains("cuda"))) GTEST_SKIP() << "this build has CUDA";
  const auto tells = AllOf(HasSubstr("cmake --preset cuda"), HasSubstr("toolkit"));
  EXPECT_THAT(cuda::why_unavailable(), tells);
  EXPECT_THAT(message_of<DeviceError>([] { zeros({2}, DType::f32, Device::cuda()); }), tells);
  EXPECT_THAT(message_of<DeviceError>([] { zeros({2}).to(Device::cuda()); }), tells);
  EXPECT_THAT(message_of<DeviceError>([] { cuda::synchronize(); }), tells);
}

}  // namespace
}  // namespace infograd
