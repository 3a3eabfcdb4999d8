// Batches that travel ahead, to a device that is the host in disguise: it copies as late as a GPU may.
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <infograd/backends/capture.h>
#include <infograd/backends/copy_ahead.h>
#include <infograd/backends/cuda_device.h>
#include <infograd/backends/pretended_device.h>
#include <infograd/core/error.h>
#include <infograd/nn/data/loader.h>
#include <infograd/ops/creation.h>
#include <infograd/ops/inplace.h>
#include <infograd/ops/shape_ops.h>

namespace infograd {
namespace {

constexpr Device kDevice = PretendedDevice::kDevice;

TEST(CudaCopyAhead, TheSourceMayChangeAtOnceTheTargetIsThereOnceAwaited) {
  const PretendedDevice device;
  const auto copies = copy_ahead_to(kDevice);
  Tensor x = ones({100});
  const Tensor out = zeros({100}, DType::f32, kDevice);
  const auto arrival = copies->copy(View(out), ConstView(x));
  fill_(x, 7);
  EXPECT_EQ(out.to(cpu).to_vector<float>(), std::vector<float>(100, 0)) << "not awaited yet";
  arrival->await();
  EXPECT_EQ(out.to(cpu).to_vector<float>(), std::vector<float>(100, 1));
  fill_(x, 8);
  arrival->await();
  EXPECT_EQ(out.to(cpu).to_vector<float>(), std::vector<float>(100, 1)) << "awaited once";
}

TEST(CudaCopyAhead, TheCpuIsNoTarget) {
  EXPECT_THROW(copy_ahead_to(cpu), DeviceError);
  EXPECT_THROW(copy_ahead_to(Device::cuda(99)), DeviceError);
}

data::Dataset numbers(int64_t n) {
  return {reshape(arange(0, static_cast<double>(2 * n), 1, DType::f32), {n, 2}), arange(n)};
}

struct Given {
  std::vector<float> images;
  std::vector<int64_t> labels;
  bool operator==(const Given&) const = default;
};

std::vector<Given> two_epochs(Device device, int prefetch) {
  data::DataLoader loader(numbers(50), {.batch_size = 8, .prefetch = prefetch, .device = device});
  std::vector<Given> all;
  for (int epoch = 0; epoch < 2; ++epoch)
    for (const data::Batch& batch : loader) {
      EXPECT_EQ(batch.images.device(), device);
      EXPECT_EQ(batch.labels.device(), device);
      all.push_back({batch.images.to_vector<float>(), batch.labels.to_vector<int64_t>()});
    }
  return all;
}

TEST(CudaCopyAhead, ALoaderGivesTheSameBatchesOnADevice) {
  const std::vector<Given> expected = two_epochs(cpu, 2);
  EXPECT_EQ(expected.size(), 14U);
  const PretendedDevice device;
  for (const int prefetch : {0, 1, 3}) EXPECT_EQ(two_epochs(kDevice, prefetch), expected);
}

TEST(CudaCopyAhead, BatchesThatNobodyTakesAreLeftBehind) {
  const PretendedDevice device;
  data::DataLoader loader(numbers(50), {.batch_size = 8, .device = kDevice});
  const auto first = loader.next();
  const data::LoaderState state = loader.state();
  loader.next();
  loader.load(state);  // drops what was under way
  EXPECT_EQ(loader.next()->index, 1);
}

TEST(CudaCopyAhead, DataOnTheDeviceIsNotCopied) {
  const PretendedDevice device;
  data::Dataset there = numbers(20);
  there.images = there.images.to(kDevice);
  there.labels = there.labels.to(kDevice);
  data::DataLoader loader(there, {.batch_size = 20, .shuffle = false, .device = kDevice});
  EXPECT_EQ(loader.next()->labels.to_vector<int64_t>(), arange(20).to_vector<int64_t>());
}

TEST(CudaCopyAhead, NoBatchInsideACapturedStep) {
  const PretendedDevice device;
  data::DataLoader loader(numbers(20), {.batch_size = 5, .device = kDevice});
  Capture capture(kDevice, {});
  EXPECT_THROW(capture.record([&] { loader.next(); }), Error);
  EXPECT_TRUE(loader.next().has_value());
}

TEST(CudaCopyAheadOnDevice, ALoaderGivesTheSameBatches) {
  if (!cuda::is_available()) GTEST_SKIP() << cuda::why_unavailable();
  EXPECT_EQ(two_epochs(Device::cuda(), 2), two_epochs(cpu, 2));
}

}  // namespace
}  // namespace infograd
