// Memory of one owner inside the allocator of a device, as a captured graph needs it.
#include <cstdlib>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <infograd/core/allocator.h>
#include <infograd/core/device_memory.h>
#include <infograd/core/error.h>
#include <infograd/core/private_pool.h>

namespace infograd {
namespace {

constexpr Device kDevice = Device::cuda(13);
size_t room = 0;

constexpr memory::DeviceMemory kMemory{
    [](size_t bytes, int /*index*/) -> void* {
      if (bytes > room) return nullptr;
      return std::aligned_alloc(64, bytes);
    },
    [](void* block, int /*index*/) noexcept { std::free(block); },
    [](int index) { return "the device " + std::to_string(index) + " says it is full"; }};

class PrivatePool : public ::testing::Test {
 protected:
  void SetUp() override {
    room = size_t{1} << 30U;
    before_ = memory::serve_cuda_memory(&kMemory);
  }
  void TearDown() override {
    memory::release_cached(kDevice);
    memory::serve_cuda_memory(before_);
  }
  static void* take(size_t bytes) { return memory::allocate(bytes, kDevice); }
  static void give(void* block) { memory::deallocate(block, 0, kDevice); }

 private:
  const memory::DeviceMemory* before_ = nullptr;
};

TEST_F(PrivatePool, WhatPassedThroughServesNobodyElse) {
  memory::PrivatePool pool(kDevice);
  void* inside = nullptr;
  {
    const memory::PrivatePool::Use use(pool);
    inside = take(10'000);
    give(inside);
    EXPECT_EQ(take(10'000), inside) << "the pool reuses its own";
    give(inside);
  }
  EXPECT_GE(pool.bytes(), 10'000U);
  EXPECT_EQ(memory::stats(kDevice).pooled_bytes, pool.bytes());
  std::vector<void*> others;
  for (int i = 0; i < 5; ++i) others.push_back(take(10'000));
  for (void* block : others) {
    EXPECT_NE(block, inside);
    give(block);
  }
  memory::release_cached(kDevice);
  EXPECT_EQ(memory::stats(kDevice).pooled_bytes, pool.bytes()) << "and it is not given back";
}

TEST_F(PrivatePool, KeepsWhatIsHeldWhenItIsFreedLater) {
  memory::PrivatePool pool(kDevice);
  void* result = nullptr;
  {
    const memory::PrivatePool::Use use(pool);
    result = take(4096);
  }
  give(result);  // the tensor of a loss dies between two replays
  void* other = take(4096);
  EXPECT_NE(other, result);
  give(other);
}

TEST_F(PrivatePool, TakesOverWhatIsFreedInsideAndWhatLayInTheCache) {
  void* old = take(5000);
  void* cached = take(70'000);
  give(cached);
  memory::PrivatePool pool(kDevice);
  {
    const memory::PrivatePool::Use use(pool);
    give(old);  // recorded work may have read it
    void* block = take(70'000);
    give(block);
  }
  EXPECT_GE(pool.bytes(), 75'000U);
  void* other = take(5000);
  EXPECT_NE(other, old);
  give(other);
}

TEST_F(PrivatePool, GivesBackWhenItDies) {
  void* held = nullptr;
  {
    memory::PrivatePool pool(kDevice);
    const memory::PrivatePool::Use use(pool);
    give(take(100'000));
    held = take(300'000);
  }
  EXPECT_EQ(memory::stats(kDevice).pooled_bytes, 0U);
  give(held);
  memory::release_cached(kDevice);
  EXPECT_EQ(memory::stats(kDevice).active_bytes, 0U);
  EXPECT_EQ(memory::stats(kDevice).cached_bytes, 0U);
}

TEST_F(PrivatePool, OtherDevicesAndThreadsAreNotConcerned) {
  memory::PrivatePool pool(kDevice);
  const memory::PrivatePool::Use use(pool);
  void* host = memory::allocate(1000, cpu);
  memory::deallocate(host, 1000, cpu);
  EXPECT_EQ(pool.bytes(), 0U);
  EXPECT_THROW(memory::PrivatePool::Use again(pool), Error);
}

TEST_F(PrivatePool, NoRoomSaysWhatIsHeldByWhom) {
  memory::PrivatePool pool(kDevice);
  void* held = take(1000);
  {
    const memory::PrivatePool::Use use(pool);
    give(take(2048));
  }
  room = 0;
  try {
    take(size_t{1} << 20U);
    ADD_FAILURE() << "there was no room";
  } catch (const DeviceError& error) {
    const std::string text = error.what();
    for (const char* part :
         {"1048576 bytes were asked for on cuda:13", "in 1 tensors and buffers",
          "2048 kept by 1 captured graphs", "the device 13 says it is full", "usual cause"})
      EXPECT_NE(text.find(part), std::string::npos) << part << " in " << text;
  }
  give(held);
}

}  // namespace
}  // namespace infograd
