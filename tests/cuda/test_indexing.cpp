#include <gtest/gtest.h>

#include <infograd/backends/cuda/elementwise_body.h>
#include <infograd/backends/cuda/indexing.h>
#include <infograd/backends/cuda/launch.h>
#include <infograd/core/generator.h>

#include "tests/backends/helpers.h"
#include "tests/cuda/emulate.h"

namespace infograd::cuda {
namespace {

TEST(CudaLaunch, PowersOfTwoAndBlocks) {
  for (int64_t n = 1; n < 300; ++n) {
    EXPECT_LE(floor_power_of_two(n), n);
    EXPECT_GT(2 * floor_power_of_two(n), n);
    EXPECT_GE(ceil_power_of_two(n), n);
    EXPECT_LT(ceil_power_of_two(n), 2 * n);
  }
  EXPECT_EQ(blocks_for(1, 1024), 1U);
  EXPECT_EQ(blocks_for(1024, 1024), 1U);
  EXPECT_EQ(blocks_for(1025, 1024), 2U);
  EXPECT_EQ(blocks_for(int64_t{1} << 40U, 1024), 1U << 30U);
}

TEST(CudaDivider, DividesAsTheOperatorDoes) {
  constexpr uint32_t kLast = (1U << 31U) - 1;
  Generator generator(1);
  std::vector<uint32_t> divisors = {1, 2, 3, 5, 7, 641, 65535, 65536, 65537, kLast - 1, kLast};
  for (int i = 0; i < 300; ++i) divisors.push_back(1 + static_cast<uint32_t>(generator.below(kLast)));
  for (int i = 0; i < 300; ++i) divisors.push_back(1 + static_cast<uint32_t>(generator.below(1000)));
  for (const uint32_t d : divisors) {
    const Divider divider(d);
    std::vector<uint32_t> numbers = {0, 1, d - 1, d, kLast, kLast - 1, kLast / d * d, kLast / d * d - 1};
    for (int i = 0; i < 200; ++i) numbers.push_back(static_cast<uint32_t>(generator.below(kLast)));
    for (const uint32_t n : numbers)
      if (n <= kLast) {
        ASSERT_EQ(divider.divide(n), n / d) << n << " / " << d;
      }
  }
}

TEST(CudaOffsets, FollowRowMajorOrder) {
  const Shape shape{3, 1, 4, 5};
  const Strides a{20, 7, 5, 1}, b{0, 3, 1, 4}, c{100, 1, 0, 2};
  const auto loop = collapse<3>(shape, {&a, &b, &c}, Order::row_major);
  const Offsets<3> offsets(loop);
  uint32_t number = 0;
  for (int64_t i = 0; i < 3; ++i)
    for (int64_t k = 0; k < 4; ++k)
      for (int64_t l = 0; l < 5; ++l, ++number) {
        int64_t at[3];
        offsets.at(number, at);
        EXPECT_EQ(at[0], 20 * i + 5 * k + l);
        EXPECT_EQ(at[1], k + 4 * l);
        EXPECT_EQ(at[2], 100 * i + 2 * l);
      }
}

TEST(CudaOffsets, MemoryOrderMergesCommonLayouts) {
  const Shape images{2, 3, 4, 5};
  const Strides channels_last{60, 1, 15, 3};
  const auto loop = collapse<2>(images, {&channels_last, &channels_last});
  EXPECT_EQ(loop.rank, 1);
  EXPECT_EQ(loop.inner_extent(), 120);
  EXPECT_EQ(loop.inner_stride(0), 1);
}

TEST(CudaParts, CoverEveryElementOnce) {
  const Shape shape{3, 5, 7};
  const Strides number = contiguous_strides(shape), other{1, 30, 300};
  for (const int64_t most : {1, 2, 7, 10, 36, 104, 105}) {
    std::vector<int> seen(105);
    const auto loop = collapse<2>(shape, {&number, &other}, Order::row_major);
    for_each_part<2>(
        loop,
        [&](const Loop<2>& part, const std::array<int64_t, 2>& first) {
          EXPECT_LE(part.numel, most);
          const Offsets<2> offsets(part);
          for (uint32_t i = 0; i < part.numel; ++i) {
            int64_t at[2];
            offsets.at(i, at);
            const int64_t n = first[0] + at[0];
            ++seen[static_cast<size_t>(n)];
            EXPECT_EQ(first[1] + at[1], n / 35 + n / 7 % 5 * 30 + n % 7 * 300);
            EXPECT_EQ(at[0], i) << "a part in row-major order is one run of numbers";
          }
        },
        most);
    EXPECT_EQ(seen, std::vector<int>(105, 1)) << most;
  }
  for_each_part<1>(collapse<1>({0, 3}, {&other}), [](const auto&, const auto&) { ADD_FAILURE(); });
}

}  // namespace
}  // namespace infograd::cuda
