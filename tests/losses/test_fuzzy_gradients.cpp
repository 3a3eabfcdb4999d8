// Item 3 of the acceptance of the fuzzy losses: every loss, family and t-norm against central differences.
#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include <infograd/backends/fuzzy_bins.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/reduce.h>

#include "tests/losses/fuzzy_support.h"

namespace infograd::losses {
namespace {

using namespace fuzzy_test;
using Values = std::vector<double>;

constexpr double kStep = 1e-6;
constexpr double kAway = 1e-4;  ///< bin widths from the nearest kink

/// Pixels where a central difference shows the derivative to 1e-9: no kink or tie of two memberships within
/// 1e-4 bin widths, and cells and bins full enough. A cell that fills at the rate P' adds at most P'^3 / P^2
/// to the third derivative of an entropy, a bin p'^3 / p^3 to that of chi_square; times h^2 that is the
/// error.
std::vector<size_t> smooth_pixels(const Pair& data, const FuzzyHistogram& h,
                                  const FuzzyHistogramOptions& options, size_t most) {
  const FuzzyBins bins{.membership = options.membership, .count = options.bins};
  const Values joint = numbers(h.joint), p = numbers(h.p), q = numbers(h.q);
  const auto n = static_cast<size_t>(options.bins);
  const auto pixels_in_all = static_cast<double>(data.x.size());
  const auto near_kink = [&](double x) {
    const double u = bin_coordinate(bins, x).u;
    return std::abs(u - std::round(u)) < kAway;
  };
  const auto cubed = [](double v) { return v * v * v; };
  std::vector<size_t> pixels;
  ActiveBins a, b;
  for (size_t m = 0; m < data.x.size() && pixels.size() < most; ++m) {
    if (near_kink(data.x[m]) || near_kink(data.y[m])) continue;
    active_bins(bins, false, data.x[m], a);
    active_bins(bins, false, data.y[m], b);
    double third = 0;
    bool tie = false;
    for (size_t k = 0; k < static_cast<size_t>(a.count); ++k)
      for (size_t l = 0; l < static_cast<size_t>(b.count); ++l) {
        const size_t i = static_cast<size_t>(a.first) + k, j = static_cast<size_t>(b.first) + l;
        const double by_x = std::abs(a.slope[k]) / pixels_in_all, by_y = std::abs(b.slope[l]) / pixels_in_all;
        const bool product = options.tnorm == TNorm::product;
        const double fill = std::max(by_x * (product ? b.weight[l] : 1), by_y * (product ? a.weight[k] : 1));
        third += cubed(fill) / std::pow(joint[i * n + j], 2) + cubed(by_x / p[i]) + cubed(by_y / q[j]);
        const double reach =  // how far the two weights move towards each other in 1e-4 bin widths
            kAway * std::max(std::abs(a.slope[k]), std::abs(b.slope[l])) / (options.bins - 1);
        tie = tie || (!product && std::abs(a.weight[k] - b.weight[l]) < reach);
      }
    if (!tie && third * kStep * kStep < 1e-9) pixels.push_back(m);
  }
  return pixels;
}

class FuzzyGradient : public ::testing::TestWithParam<Family> {};

TEST_P(FuzzyGradient, Item3_CentralDifferences) {
  for (const TNorm tnorm : {TNorm::product, TNorm::minimum})
    for (const int bins : {2, 5, 11, 32}) {
      const Pair data = lcg_pairs();
      FuzzyMiOptions options{.histogram = {.bins = at_least(bins, GetParam().membership),
                                           .membership = GetParam().membership,
                                           .tnorm = tnorm}};
      const Tensor x = leaf(data.x), y = leaf(data.y);
      const std::vector<size_t> pixels =
          smooth_pixels(data, fuzzy_joint_histogram(x, y, options.histogram), options.histogram, /*most=*/12);
      ASSERT_GE(pixels.size(), 4U) << bins << " bins, t-norm " << static_cast<int>(tnorm);
      for (const Named& named : kLosses) {
        options.loss = named.loss;
        const std::vector<Tensor> slopes = grad(fuzzy_mi_loss(x, y, options), {x, y});
        for (const bool of_y : {false, true}) {
          const Values analytic = numbers(slopes[of_y ? 1 : 0]);
          for (const size_t m : pixels) {
            const auto moved = [&](double by) {
              Pair other = data;
              (of_y ? other.y : other.x)[m] += by;
              return fuzzy_mi_loss(leaf(other.x), leaf(other.y), options).item();
            };
            const double numeric = (moved(kStep) - moved(-kStep)) / (2 * kStep);
            EXPECT_NEAR(analytic[m], numeric, 1e-8)
                << named.name << ", " << bins << " bins, t-norm " << static_cast<int>(tnorm) << ", pixel "
                << m << (of_y ? " of y" : " of x");
          }
        }
      }
    }
}

INSTANTIATE_TEST_SUITE_P(Families, FuzzyGradient, ::testing::ValuesIn(kSmoothFamilies),
                         [](const auto& test) { return std::string(test.param.name); });

/// The gradient of a histogram's mean bin, which is not 0 wherever a value can move.
Values mean_bin_slopes(const Values& x, const FuzzyHistogramOptions& options, DType dtype) {
  const Tensor values = leaf(x, dtype), other = leaf(lcg(x.size()), dtype);
  const FuzzyHistogram h = fuzzy_joint_histogram(values, other, options);
  return numbers(grad(sum(h.p * linspace(0, 1, options.bins, dtype)), {values})[0]);
}

TEST(FuzzyRange, Item3_ZeroOutsideNotAtTheEnds) {
  const double inf = std::numeric_limits<double>::infinity();
  for (const auto& [lo, hi] : {std::pair{0.0, 1.0}, std::pair{-0.1, 0.7}, std::pair{0.0, 255.0}})
    for (const DType dtype : {DType::f64, DType::f32})
      for (const int bins : {4, 11, 256})
        for (const Family& family : kSmoothFamilies) {
          const double width = hi - lo;
          const Values x{lo - 1e-3 * width, hi + 1e-3 * width, -inf, inf, lo, hi, 0.4 * lo + 0.6 * hi};
          const Values slopes =
              mean_bin_slopes(x, {.bins = bins, .membership = family.membership, .lo = lo, .hi = hi}, dtype);
          for (size_t i = 0; i < 4; ++i) EXPECT_EQ(slopes[i], 0) << family.name << i;
          const bool flat_ends = family.membership == Membership::triangular_cell;  // the outer half cells
          EXPECT_EQ(slopes[4] == 0, flat_ends)
              << family.name << " at lo = " << lo << ", " << bins << " bins, " << name(dtype);
          EXPECT_EQ(slopes[5] == 0, flat_ends)
              << family.name << " at hi = " << hi << ", " << bins << " bins, " << name(dtype);
          EXPECT_GT(slopes[6], 0) << family.name;
        }
}

TEST(FuzzyRange, Item3_BoundPerPixel) {
  const Pair data = lcg_pairs();
  const Tensor x = leaf(data.x), y = leaf(data.y);
  for (const int bins : {2, 5, 11, 32}) {
    const double bound = 4.0 / 3 * (bins - 1) / 1024;
    const auto slopes = grad(fuzzy_mi_loss(x, y, {.histogram = {.bins = bins}}), {x, y});
    EXPECT_LE(max(abs(slopes[0])).item(), bound + 1e-15);
    EXPECT_LE(max(abs(slopes[1])).item(), bound + 1e-15);
    EXPECT_GT(max(abs(slopes[1])).item(), bound / 4);
  }
}

/// dA / dy in closed form: with y in cell l, (N - 1) / M { (sig_l+1 - sig_l) / 3 - 2/3 (mu_l+1(x) - mu_l(x))
/// }.
TEST(FuzzyRange, Item3_ClosedFormOfTheLinearLoss) {
  const Pair data = lcg_pairs();
  const Tensor x = leaf(data.x), y = leaf(data.y);
  const FuzzyHistogram h = fuzzy_joint_histogram(x, y);
  const Values p = numbers(h.p), q = numbers(h.q), slope = numbers(grad(fuzzy_mi_loss(x, y), {y})[0]);
  const auto membership = [](double v, size_t bin) {
    return std::max(0.0, 1 - std::abs(v * 10 - static_cast<double>(bin)));
  };
  const auto sig = [&](size_t j) { return q[j] > p[j] ? 1.0 : q[j] < p[j] ? -1.0 : 0.0; };
  for (size_t m = 0; m < data.x.size(); ++m) {
    const auto l = static_cast<size_t>(data.y[m] * 10);
    const double expected =
        10.0 / 1024 *
        ((sig(l + 1) - sig(l)) / 3 - 2.0 / 3 * (membership(data.x[m], l + 1) - membership(data.x[m], l)));
    EXPECT_NEAR(slope[m], expected, 1e-14);
  }
}

}  // namespace
}  // namespace infograd::losses
