#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <infograd/core/allocator.h>
#include <infograd/core/device_memory.h>
#include <infograd/core/error.h>
#include <infograd/core/tensor.h>
#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#endif

namespace infograd {
namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr bool kCached = false;
#else
constexpr bool kCached = true;
#endif

TEST(Allocator, BlocksAreAlignedAndCounted) {
  const auto before = memory::stats();
  std::vector<std::pair<void*, size_t>> blocks;
  for (size_t bytes : {size_t{1}, size_t{64}, size_t{65}, size_t{513}, size_t{100'000}, size_t{5'000'000}}) {
    void* block = memory::allocate(bytes, cpu);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(block) % 64, 0U);
    blocks.emplace_back(block, bytes);
  }
  EXPECT_GE(memory::stats().active_bytes - before.active_bytes, 5'100'000U);
  EXPECT_LE(memory::stats().active_bytes - before.active_bytes, 5'100'000U * 9 / 8 + 2048)
      << "rounded up by at most an eighth";
  for (auto [block, bytes] : blocks) memory::deallocate(block, bytes, cpu);
  EXPECT_EQ(memory::stats().active_bytes, before.active_bytes);
}

TEST(Allocator, SteadyStateAsksTheSystemForNothing) {
  if (!kCached) GTEST_SKIP() << "the cache is off under AddressSanitizer";
  const auto step = [] { const Tensor a = empty({100, 100}), b = empty({3}), c = empty({512, 512}); };
  step();
  const auto before = memory::stats();
  for (int i = 0; i < 100; ++i) step();
  EXPECT_EQ(memory::stats().system_allocations, before.system_allocations);
  EXPECT_EQ(memory::stats().allocations, before.allocations + 300);
}

TEST(Allocator, ReusesOnlyBelowTwiceTheRequest) {
  if (!kCached) GTEST_SKIP() << "the cache is off under AddressSanitizer";
  memory::release_cached();
  memory::deallocate(memory::allocate(1 << 20, cpu), 1 << 20, cpu);
  auto before = memory::stats().system_allocations;
  memory::deallocate(memory::allocate(600'000, cpu), 600'000, cpu);
  EXPECT_EQ(memory::stats().system_allocations, before) << "1 MiB serves 600 kB";
  memory::deallocate(memory::allocate(500'000, cpu), 500'000, cpu);
  EXPECT_EQ(memory::stats().system_allocations, before + 1) << "1 MiB is too much for 500 kB";

  memory::deallocate(memory::allocate(320, cpu), 320, cpu);
  before = memory::stats().system_allocations;
  memory::deallocate(memory::allocate(192, cpu), 192, cpu);
  EXPECT_EQ(memory::stats().system_allocations, before) << "320 bytes serve 192";
  memory::deallocate(memory::allocate(64, cpu), 64, cpu);
  EXPECT_EQ(memory::stats().system_allocations, before + 1) << "they are too much for 64";
}

TEST(Allocator, CacheLimitAndRelease) {
  if (!kCached) GTEST_SKIP() << "the cache is off under AddressSanitizer";
  memory::release_cached();
  EXPECT_EQ(memory::stats().cached_bytes, 0U);
  memory::set_cache_limit(1 << 20);
  for (int i = 0; i < 8; ++i) memory::deallocate(memory::allocate(size_t{300'000} << (i % 2), cpu), 0, cpu);
  EXPECT_LE(memory::stats().cached_bytes, size_t{1} << 20U);
  memory::set_cache_limit(size_t{4} << 30U);
}

// A device whose memory is the host's, with room for 1 MiB. Number 15: no test uses such a GPU.
constexpr Device kPretended = Device::cuda(15);
size_t room_left = size_t{1} << 20U;
std::vector<std::pair<void*, size_t>> lent;
constexpr memory::DeviceMemory kPretendedMemory{
    [](size_t bytes, int index) -> void* {
      EXPECT_EQ(index, 15);
      if (bytes > room_left) return nullptr;
      room_left -= bytes;
      lent.emplace_back(std::aligned_alloc(64, bytes), bytes);
      return lent.back().first;
    },
    [](void* block, int /*index*/) noexcept {
      const auto it =
          std::find_if(lent.begin(), lent.end(), [&](const auto& entry) { return entry.first == block; });
      room_left += it->second;
      lent.erase(it);
      std::free(block);
    }};

TEST(Allocator, ServesTheMemoryThatABackendLends) {
  const memory::DeviceMemory* before = memory::serve_cuda_memory(&kPretendedMemory);
  {
    const Tensor a = empty({100, 100}, DType::f32, kPretended);
    EXPECT_EQ(a.device(), kPretended);
    EXPECT_GE(memory::stats(kPretended).active_bytes, 40'000U);
    EXPECT_EQ(lent.size(), 1U);
  }
  if (kCached) {
    EXPECT_EQ(lent.size(), 1U) << "the block is kept";
    const Tensor b = empty({100, 99}, DType::f32, kPretended);
    EXPECT_EQ(memory::stats(kPretended).system_allocations, 1U);
  }
  {
    const Tensor large = empty({250'000}, DType::f32, kPretended);  // with the kept block there is no room
    EXPECT_EQ(lent.size(), 1U) << "kept blocks are given back first";
    try {
      empty({100'000}, DType::f32, kPretended);
      ADD_FAILURE() << "more memory than there is";
    } catch (const DeviceError& error) {
      const std::string message = error.what();
      EXPECT_NE(message.find("out of memory: 400000 bytes were asked for on cuda:15 with 1"),
                std::string::npos)
          << message;
    }
  }
  memory::release_cached(kPretended);
  EXPECT_TRUE(lent.empty());
  EXPECT_EQ(room_left, size_t{1} << 20U);
  memory::serve_cuda_memory(before);
}

#if defined(__SANITIZE_ADDRESS__)
TEST(Allocator, TheSanitizerAllowsTheBytesAskedForAndNoMore) {
  for (size_t bytes : {size_t{0}, size_t{3}, size_t{64}, size_t{513}, size_t{5'000'001}}) {
    auto* block = static_cast<char*>(memory::allocate(bytes, cpu));
    EXPECT_EQ(__asan_region_is_poisoned(block, bytes), nullptr) << bytes;
    EXPECT_TRUE(__asan_address_is_poisoned(block + bytes)) << bytes;
    EXPECT_TRUE(__asan_address_is_poisoned(block - 1)) << bytes;
    memory::deallocate(block, bytes, cpu);
    EXPECT_TRUE(__asan_address_is_poisoned(block)) << bytes;
  }
}
#endif

TEST(Allocator, PeakFollowsReset) {
  memory::reset_peak();
  const size_t base = memory::stats().peak_active_bytes;
  { const Tensor big = empty({1 << 20}); }
  EXPECT_GE(memory::stats().peak_active_bytes, base + (size_t{4} << 20U));
  memory::reset_peak();
  EXPECT_LT(memory::stats().peak_active_bytes, base + (size_t{4} << 20U));
}

TEST(Allocator, ThreadsMayFreeWhatOthersAllocated) {
  const auto before = memory::stats();
  std::vector<Tensor> shared;
  std::thread producer([&] {
    for (int i = 0; i < 2000; ++i) shared.push_back(empty({i % 7 + 1, 33}));
  });
  producer.join();
  shared.clear();
  EXPECT_EQ(memory::stats().active_bytes, before.active_bytes);
}

}  // namespace
}  // namespace infograd
