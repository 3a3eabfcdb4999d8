// Item 5 of the acceptance of the fuzzy losses (memberships), the histogram op, and entropy.
#include <cmath>

#include <infograd/autograd/engine.h>
#include <infograd/backends/fuzzy_bins.h>
#include <infograd/core/generator.h>
#include <infograd/ops/histogram.h>
#include <infograd/ops/shape_ops.h>

#include "tests/ops/golden_support.h"

namespace infograd {
namespace {

using golden::expect_error;

constexpr Membership kFamilies[] = {Membership::triangular, Membership::triangular_cell, Membership::gaussian,
                                    Membership::cubic_bspline, Membership::crisp};

std::vector<FuzzyBins> every_kind_of_bins() {
  std::vector<FuzzyBins> all;
  for (const Membership membership : kFamilies)
    for (const int count : {2, 3, 6, 11, 256})
      for (const double sigma : {0.2, 0.5, 4.0})
        for (const int pad : {1, 2})
          for (const double hi : {1.0, 255.0})
            if (membership != Membership::cubic_bspline || count >= 2 * pad + 2)
              all.push_back({membership, count, -0.3, hi, sigma, pad});
  return all;
}

TEST(FuzzyBins, Item5_WeightsSumToOne) {
  Generator generator(1);
  ActiveBins active;
  for (const FuzzyBins& bins : every_kind_of_bins()) {
    std::vector<double> values{bins.lo, bins.hi};
    for (int i = 0; i < 200; ++i) values.push_back(bins.lo + (bins.hi - bins.lo) * generator.uniform());
    for (int i = 0; i < bins.count; ++i)
      values.push_back(bins.lo + (bins.hi - bins.lo) * i / (bins.count - 1));
    for (const double x : values)
      for (const bool crisp : {false, true}) {
        active_bins(bins, crisp, x, active);
        ASSERT_GE(active.first, 0);
        ASSERT_GE(active.count, 1);
        ASSERT_LE(active.first + active.count, bins.count);
        double sum = 0, slope = 0;
        for (size_t k = 0; k < static_cast<size_t>(active.count); ++k) {
          EXPECT_GE(active.weight[k], 0);
          sum += active.weight[k];
          slope += active.slope[k];
        }
        EXPECT_NEAR(sum, 1, 1e-14) << static_cast<int>(bins.membership) << " of " << x;
        // Slopes are built of numbers of this size, which cancel.
        const double steepest = bins.count / (bins.hi - bins.lo) / std::min(1.0, bins.sigma * bins.sigma);
        EXPECT_NEAR(slope, 0, 1e-14 * steepest) << static_cast<int>(bins.membership) << " of " << x;
      }
  }
}

/// Property 9.1: the mean bin centre is the mean value.
bool keeps_the_mean(const std::vector<double>& p, double mean) {
  double found = 0;
  for (size_t i = 0; i < p.size(); ++i)
    found += p[i] * static_cast<double>(i) / static_cast<double>(p.size() - 1);
  return std::abs(found - mean) < 1e-12;
}

TEST(FuzzyBins, Item5_SwappedNeighbourWeightsAreNoticed) {
  const std::vector<double> x{.1, .35, .61, .85, .97};
  const double mean = (.1 + .35 + .61 + .85 + .97) / 5;
  const FuzzyBins bins{.count = 4};
  std::vector<double> right(4), swapped(4);
  ActiveBins active;
  for (const double value : x) {
    active_bins(bins, false, value, active);
    for (size_t k = 0; k < 2; ++k) {
      right[static_cast<size_t>(active.first) + k] += active.weight[k] / 5;
      swapped[static_cast<size_t>(active.first) + k] += active.weight[1 - k] / 5;
    }
  }
  const Tensor values = from_data(x, {5});
  EXPECT_TRUE(keeps_the_mean(fuzzy_joint_histogram(values, values, {.bins = 4}).p.to_vector<double>(), mean));
  EXPECT_TRUE(keeps_the_mean(right, mean));
  EXPECT_FALSE(keeps_the_mean(swapped, mean));
}

TEST(FuzzyBins, TheBrightestPixelCounts) {
  for (const Membership membership : kFamilies) {
    const FuzzyHistogram h =
        fuzzy_joint_histogram(full({3}, 255, DType::f32), zeros({3}), {.membership = membership, .hi = 255});
    EXPECT_NEAR(sum(h.p).item(), 1, 1e-6);
    EXPECT_NEAR(sum(h.q).item(), 1, 1e-6);
  }
}

TEST(FuzzyHistogram, TableOfTwoValuesByHand) {
  // Centres 0, 1/2, 1: x = 1/8 is 3/4 in bin 0, 1/4 in bin 1; y = 7/8 is 1/4 in bin 1, 3/4 in bin 2.
  const Tensor x = tensor({0.125}, DType::f64), y = tensor({0.875}, DType::f64);
  const FuzzyHistogram h = fuzzy_joint_histogram(x, y, {.bins = 3});
  EXPECT_EQ(h.joint.shape(), (Shape{1, 3, 3}));
  EXPECT_EQ(h.joint.to_vector<double>(),
            (std::vector<double>{0, 0.1875, 0.5625, 0, 0.0625, 0.1875, 0, 0, 0}));
  EXPECT_EQ(h.p.to_vector<double>(), (std::vector<double>{0.75, 0.25, 0}));
  EXPECT_EQ(h.q.to_vector<double>(), (std::vector<double>{0, 0.25, 0.75}));
  const FuzzyHistogram minimum = fuzzy_joint_histogram(x, y, {.bins = 3, .tnorm = TNorm::minimum});
  EXPECT_EQ(minimum.joint.to_vector<double>(), (std::vector<double>{0, 0.25, 0.75, 0, 0.25, 0.25, 0, 0, 0}));
}

TEST(FuzzyHistogram, LongRowsAreSplitAndAddUp) {
  // 100000 pixels are six blocks of one row; the same in 100 rows of one block.
  const int64_t pixels = 100000;
  Generator generator(2);
  std::vector<double> values(static_cast<size_t>(pixels));
  for (double& v : values) v = generator.uniform();
  const Tensor x = from_data(values, {pixels}), y = square(x);
  const FuzzyHistogram whole = fuzzy_joint_histogram(x, y);
  const FuzzyHistogram parts = fuzzy_joint_histogram(reshape(x, {100, 1000}), reshape(y, {100, 1000}));
  EXPECT_LE(max(abs(mean(parts.joint, {0}, true) - whole.joint)).item(), 1e-14);
  EXPECT_LE(max(abs(mean(parts.q, {0}, true) - whole.q)).item(), 1e-14);
}

TEST(FuzzyHistogram, OneTensorAsBothImages) {
  Tensor x = from_data(std::vector<double>{.12, .47, .81}, {3});
  x.set_requires_grad();
  const Tensor weights = reshape(sin(arange(0, 9, 1, DType::f64)), {1, 3, 3});
  const auto loss = [&](const Tensor& a, const Tensor& b) {
    return sum(fuzzy_joint_histogram(a, b, {.bins = 3}).joint * weights);
  };
  Tensor y = x.detach().clone();
  y.set_requires_grad();
  const auto apart = grad(loss(x, y), {x, y});
  EXPECT_LE(max(abs(grad(loss(x, x), {x})[0] - (apart[0] + apart[1]))).item(), 1e-15);
}

TEST(Entropy, ExactAtZeroAndOne) {
  EXPECT_EQ(entropy(tensor({0, 1, 0}, DType::f64)).item(), 0);
  EXPECT_NEAR(entropy(tensor({0.5, 0.5, 0}, DType::f64)).item(), std::log(2.0), 1e-15);
  Tensor p = tensor({0, 0.25, 0.75}, DType::f64);
  p.set_requires_grad();
  const auto slope = grad(entropy(p), {p})[0].to_vector<double>();
  EXPECT_NEAR(slope[0], -(std::log(1e-12) + 1), 1e-12);
  EXPECT_NEAR(slope[1], -(std::log(0.25) + 1), 1e-15);
  EXPECT_EQ(entropy(zeros({2, 3, 4})).shape(), (Shape{2, 3}));
}

TEST(Entropy, WrongUseIsNamed) {
  expect_error<DTypeError>([] { entropy(zeros({3}, DType::bf16)); }, {"entropy", "bf16", "to(DType::f32)"});
  expect_error<ShapeError>([] { entropy(zeros({})); }, {"entropy", "f32[]"});
  expect_error<ValueError>([] { entropy(zeros({3}), 0); }, {"log_floor = 0"});
}

}  // namespace
}  // namespace infograd
