// The order of copies, events and captures of the CUDA backend, on a runtime that runs as late as it may.
#include <cstring>
#include <optional>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <infograd/backends/cuda/copy_ahead.h>
#include <infograd/backends/cuda/cudnn_conv.h>
#include <infograd/backends/cuda/graph_driver.h>
#include <infograd/backends/cuda/late_checks.h>
#include <infograd/backends/cuda/library_calls.h>
#include <infograd/backends/cuda/runtime.h>
#include <infograd/backends/cuda/staging.h>
#include <infograd/backends/cuda/stream.h>
#include <infograd/core/error.h>
#include <infograd/core/generator.h>
#include <infograd/core/private_pool.h>

#include "tests/cuda/streams/lazy_cuda.h"
#include "tests/message_of.h"

namespace infograd::cuda {

// What needs kernels or cuDNN.
void fetch_late_checks(int) {}
void report_late_checks(int) {}
std::string cudnn_version() {
  return "no cuDNN";
}

namespace {

using ::testing::HasSubstr;

class CudaStreams : public ::testing::Test {
 protected:
  CudaStreams() { memory::serve_cuda_memory(&runtime::device_memory()); }
  ~CudaStreams() override {
    lazy::run_early(0, 1);
    for (const int device : {0, 1}) runtime::synchronize("test", device);
    lazy::set_capacity(size_t{1} << 30U);
  }
};

Tensor on_device(int64_t n, int device = 0) {
  return empty({n}, DType::u8, Device::cuda(device));
}
Tensor bytes(int64_t n, int value) {
  Tensor x = empty({n}, DType::u8);
  std::memset(x.raw_data(), value, static_cast<size_t>(n));
  return x;
}
void copy(const Tensor& out, const Tensor& x) {
  copy_between(View(out), out.device(), ConstView(x), x.device());
}
/// The only value of x; a failure where there are several.
int value_of(const Tensor& x) {
  const Tensor host = empty(x.shape(), DType::u8);
  copy(host, x);
  const auto* data = static_cast<const uint8_t*>(host.raw_data());
  for (int64_t i = 0; i < x.numel(); ++i)
    if (data[i] != data[0]) return -1;
  return data[0];
}
/// A kernel that writes x.
void fill_by_kernel(const Tensor& x, int value) {
  const DeviceGuard guard(x.device().index);
  lazy::run_on(stream(), [data = x.raw_data(), n = static_cast<size_t>(x.numel()), value] {
    std::memset(data, value, n);
  });
}

TEST_F(CudaStreams, CopiesArriveInOrderHoweverLateTheDeviceIs) {
  for (const double share : {0.0, 0.3, 0.9}) {
    lazy::run_early(share, 7);
    Generator random(11);
    std::vector<std::pair<Tensor, int>> held;
    for (int trial = 0; trial < 300; ++trial) {
      const auto n = static_cast<int64_t>(1 + random.below(trial % 30 == 0 ? 9'000'000 : 5000));
      const auto value = static_cast<int>(random.below(256));
      Tensor there = on_device(n);  // may have been freed a moment ago
      fill_by_kernel(there, 255 - value);
      Tensor here = bytes(n, value);
      copy(there, here);
      std::memset(here.raw_data(), 99, static_cast<size_t>(n));  // may be overwritten at once
      held.emplace_back(there, value);
      if (held.size() < 6) continue;
      const size_t which = random.below(held.size());
      EXPECT_EQ(value_of(held[which].first), held[which].second);
      held.erase(held.begin() + static_cast<std::ptrdiff_t>(which));
    }
  }
}

TEST_F(CudaStreams, SmallCopiesDoNotWait) {
  const Tensor there = on_device(8), here = bytes(8, 3);
  copy(there, here);
  const int before = lazy::waits();
  for (int i = 0; i < 5000; ++i) copy(there, here);
  EXPECT_EQ(lazy::waits(), before);
  EXPECT_EQ(value_of(there), 3);
}

TEST_F(CudaStreams, BatchesAheadAreThereWhenAwaited) {
  for (const double share : {0.0, 0.2, 0.8}) {
    lazy::run_early(share, 5);
    const auto copies = make_copy_ahead(0);
    Generator random(3);
    struct Batch {
      Tensor there;
      std::unique_ptr<Arrival> arrival;  // goes first
      int value;
    };
    std::vector<Batch> queue;
    for (int trial = 0; trial < 400; ++trial) {
      const auto n = static_cast<int64_t>(1 + random.below(100'000));
      const auto value = static_cast<int>(random.below(256));
      std::thread loader([&] {
        const Tensor there = on_device(n), here = bytes(n, value);
        auto arrival = copies->copy(View(there), ConstView(here));
        std::memset(here.raw_data(), 77, static_cast<size_t>(n));
        queue.push_back({there, std::move(arrival), value});
        EXPECT_EQ(cudaGetLastError(), cudaSuccess) << "a buffer that is in use is no error";
      });
      loader.join();
      {
        const Tensor scratch = on_device(n);
        fill_by_kernel(scratch, 1);
      }  // freed while it is written
      if (queue.size() < 4) continue;
      Batch batch = std::move(queue.front());
      queue.erase(queue.begin());
      if (random.below(5) == 0) continue;  // nobody takes it
      batch.arrival->await();
      EXPECT_EQ(value_of(batch.there), batch.value);
    }
  }
}

TEST_F(CudaStreams, AGraphRunsWhatWasRecordedWithItsConstants) {
  const Tensor out = on_device(100), sum = on_device(1);
  auto driver = make_graph_driver(Device::cuda());
  memory::PrivatePool pool(Device::cuda());
  const cudaStream_t usual = stream();
  {
    const memory::PrivatePool::Use use(pool);
    driver->begin();
    EXPECT_NE(stream(), usual);
    const Tensor scratch = on_device(3000);  // new memory, while it is recorded
    Tensor constant = bytes(100, 42);
    copy_constant(out.raw_data(), constant.raw_data(), 100);
    std::memset(constant.raw_data(), 0, 100);
    lazy::run_on(stream(), [data = static_cast<uint8_t*>(sum.raw_data())] { ++*data; });
    driver->end();
  }
  EXPECT_EQ(stream(), usual);
  EXPECT_EQ(driver->nodes(), 2);
  fill_by_kernel(sum, 0);
  for (int i = 0; i < 3; ++i) {
    fill_by_kernel(out, 1);
    driver->launch();
  }
  driver = nullptr;  // while it may still read its constants
  EXPECT_EQ(value_of(out), 42);
  EXPECT_EQ(value_of(sum), 3);
}

TEST_F(CudaStreams, ABrokenCaptureLeavesAStreamThatRecords) {
  const auto broken = make_graph_driver(Device::cuda());
  broken->begin();
  void* memory = nullptr;
  EXPECT_THROW(check(cudaMalloc(&memory, 8), "test"), DeviceError) << "as the real one refuses it";
  broken->abort();
  const Tensor out = on_device(1);
  const auto driver = make_graph_driver(Device::cuda());
  driver->begin();
  lazy::run_on(stream(), [data = static_cast<uint8_t*>(out.raw_data())] { *data = 5; });
  driver->end();
  driver->launch();
  EXPECT_EQ(value_of(out), 5);
}

TEST_F(CudaStreams, AnErrorIsToldOnce) {
  EXPECT_THROW(check(cudaSetDevice(9), "test"), DeviceError);
  EXPECT_NO_THROW(check_launch("next"));
  EXPECT_NE(cudaSetDevice(9), cudaSuccess);  // as a library that goes on without what it tried
  EXPECT_NO_THROW(check_library_call("gemm"));
  EXPECT_NE(cudaSetDevice(9), cudaSuccess);
  EXPECT_THROW(check_launch("launch"), DeviceError);
}

TEST_F(CudaStreams, BetweenTwoDevices) {
  for (const double share : {0.0, 0.5}) {
    lazy::run_early(share, 2);
    const Tensor first = on_device(1000, 0), second = on_device(1000, 1);
    fill_by_kernel(first, 8);
    fill_by_kernel(second, 9);
    copy(second, first);
    fill_by_kernel(first, 7);
    EXPECT_EQ(value_of(first), 7);
    EXPECT_EQ(value_of(second), 8) << "what first held when it was copied";
  }
}

TEST_F(CudaStreams, MemoryThatIsCachedIsGivenBackBeforeThereIsNone) {
  memory::release_cached(Device::cuda());
  lazy::set_capacity(memory::stats(Device::cuda()).active_bytes + 10'000'000);
  { const Tensor cached = on_device(6'000'000); }
  { const Tensor fits = on_device(9'000'000); }
  const Tensor held = on_device(6'000'000);
  EXPECT_THAT(message_of<DeviceError>([] { on_device(9'000'000); }), HasSubstr("out of memory"));
  int calls = 0;
  EXPECT_EQ(create_handle([&] { return ++calls == 2 ? cudaSuccess : cudaErrorMemoryAllocation; }),
            cudaSuccess);
}

TEST_F(CudaStreams, AGuardOfThePresentDeviceChangesNothing) {
  const int before = lazy::device_changes();
  { const DeviceGuard guard(0); }
  EXPECT_EQ(lazy::device_changes(), before);
  {
    const DeviceGuard guard(1);
    EXPECT_EQ(current_device(), 1);
  }
  EXPECT_EQ(current_device(), 0);
}

}  // namespace
}  // namespace infograd::cuda
