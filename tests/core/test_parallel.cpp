#include <algorithm>
#include <mutex>
#include <stdexcept>
#include <vector>

#include <gtest/gtest.h>

#include <infograd/core/error.h>
#include <infograd/core/parallel.h>

namespace infograd {
namespace {

std::vector<std::pair<int64_t, int64_t>> chunks(int64_t n, int64_t grain) {
  std::vector<std::pair<int64_t, int64_t>> seen;
  std::mutex mutex;
  parallel_for(n, grain, [&](int64_t begin, int64_t end) {
    const std::lock_guard lock(mutex);
    seen.emplace_back(begin, end);
  });
  std::sort(seen.begin(), seen.end());
  return seen;
}

TEST(Parallel, ChunksDependOnSizesOnly) {
  const int before = num_threads();
  set_num_threads(1);
  const auto one = chunks(1000, 64);
  set_num_threads(3);
  EXPECT_EQ(chunks(1000, 64), one);
  set_num_threads(before);
  EXPECT_EQ(one.size(), 16U);
  EXPECT_EQ(one.back(), std::make_pair(int64_t{960}, int64_t{1000}));
}

TEST(Parallel, NothingToDo) {
  EXPECT_TRUE(chunks(0, 8).empty());
}

TEST(Parallel, ExceptionsReachTheCaller) {
  EXPECT_THROW(parallel_for(100, 1,
                            [](int64_t begin, int64_t) {
                              if (begin == 57) throw std::logic_error("57");
                            }),
               std::logic_error);
}

TEST(Parallel, NestedCallsRunSerially) {
  std::vector<int> hits(64, 0);
  parallel_for(8, 1, [&](int64_t outer, int64_t) {
    parallel_for(8, 1, [&](int64_t inner, int64_t) { ++hits[static_cast<size_t>(outer * 8 + inner)]; });
  });
  EXPECT_EQ(std::count(hits.begin(), hits.end(), 1), 64);
}

TEST(Parallel, RefusesNoThreads) {
  EXPECT_THROW(set_num_threads(0), ValueError);
}

}  // namespace
}  // namespace infograd
