#include <atomic>
#include <cstdint>

#include <gtest/gtest.h>

#include <infograd/backends/cpu/worker_scratch.h>

namespace infograd {
namespace {

TEST(WorkerScratch, IsAskedForOnceHoweverTheTasksMeet) {
  for (const int threads : {1, 2, 5}) {
    const int usual = num_threads();
    set_num_threads(threads);
    const uint64_t before = memory::stats().allocations;
    WorkerScratch scratch(1000);
    std::atomic<int> spoilt{0};
    parallel_for(200, 1, [&](int64_t begin, int64_t end) {
      const WorkerScratch::Lease lease(scratch);
      auto* const mine = lease.as<int64_t>();
      if (reinterpret_cast<uintptr_t>(mine) % 64 != 0) ++spoilt;
      for (int64_t task = begin; task < end; ++task) {
        for (int i = 0; i < 125; ++i) mine[i] = task;
        for (int i = 0; i < 125; ++i)
          if (mine[i] != task) ++spoilt;
      }
    });
    EXPECT_EQ(spoilt, 0) << threads << " threads";
    EXPECT_EQ(memory::stats().allocations, before + 1) << threads << " threads";
    set_num_threads(usual);
  }
}

}  // namespace
}  // namespace infograd
