#include <cstdint>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <infograd/core/allocator.h>
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
