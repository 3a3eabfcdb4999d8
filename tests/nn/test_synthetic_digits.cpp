#include <algorithm>
#include <array>
#include <numeric>

#include <gtest/gtest.h>

#include <infograd/core/error.h>
#include <infograd/core/parallel.h>
#include <infograd/nn/data/synthetic_digits.h>

namespace infograd {
namespace {

using data::Split;
using data::synthetic_digits;

std::vector<uint8_t> pixels(const data::SyntheticDigitsOptions& options) {
  return synthetic_digits(options).images.to_vector<uint8_t>();
}

TEST(SyntheticDigits, ShapesTypesAndClasses) {
  const auto set = synthetic_digits({.count = 2000});
  EXPECT_EQ(set.images.shape(), (Shape{2000, 1, 28, 28}));
  EXPECT_EQ(set.images.dtype(), DType::u8);
  std::array<int, 10> count{};
  for (int64_t label : set.labels.to_vector<int64_t>()) ++count[static_cast<size_t>(label)];
  for (int n : count) EXPECT_NEAR(n, 200, 70);  // five standard deviations
  EXPECT_EQ(synthetic_digits({.count = 0}).images.shape(), (Shape{0, 1, 28, 28}));
}

TEST(SyntheticDigits, SampleDependsOnSeedSplitAndIndexOnly) {
  const auto few = pixels({.count = 10, .seed = 5});
  auto many = pixels({.count = 300, .seed = 5});
  many.resize(few.size());
  EXPECT_EQ(few, many);
  EXPECT_NE(few, pixels({.count = 10, .seed = 6}));
  EXPECT_NE(few, pixels({.count = 10, .seed = 5, .split = Split::test}));
  const int threads = num_threads();
  set_num_threads(1);
  const auto serial = pixels({.count = 300, .seed = 5});
  set_num_threads(threads);
  EXPECT_EQ(serial, pixels({.count = 300, .seed = 5}));
}

// Every digit has ink, a dark border, and about as much of it as handwriting (MNIST: 0.13 of the area).
TEST(SyntheticDigits, LookLikeInkOnPaper) {
  const auto all = pixels({.count = 500});
  double total = 0;
  for (size_t i = 0; i < 500; ++i) {
    const auto* image = all.data() + i * 784;
    const double ink = std::accumulate(image, image + 784, 0.0) / 255;
    EXPECT_GT(ink, 10) << i;
    EXPECT_LT(ink, 300) << i;
    EXPECT_GT(*std::max_element(image, image + 784), 150) << i;
    total += ink;
  }
  EXPECT_NEAR(total / 500 / 784, 0.13, 0.05);
}

TEST(SyntheticDigits, CleanDigitsOfOneWritingAreAlike) {
  const auto set = synthetic_digits({.count = 400, .difficulty = 0});
  const auto all = set.images.to_vector<uint8_t>();
  size_t black = 0;
  for (uint8_t value : all) black += value == 0 ? 1 : 0;
  EXPECT_GT(black, all.size() / 2) << "difficulty 0 adds no noise";
}

TEST(SyntheticDigits, RejectsWhatMakesNoSense) {
  EXPECT_THROW(synthetic_digits({.count = -1}), ValueError);
  EXPECT_THROW(synthetic_digits({.difficulty = -1}), ValueError);
}

}  // namespace
}  // namespace infograd
