// Item 6 of the acceptance of the fuzzy losses: degenerate images, wrong input, and what is reported.
#include <cmath>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <infograd/core/error.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/reduce.h>
#include <infograd/ops/shape_ops.h>

#include "tests/losses/fuzzy_support.h"

namespace infograd::losses {
namespace {

using namespace fuzzy_test;
using Values = std::vector<double>;
using L = FuzzyMiLoss;
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

bool finite(const Tensor& x) {
  return all(isfinite(x)).item() != 0;
}

TEST(FuzzyEdges, Item6_FiniteEverywhere) {
  const Values on(6, 0), off(6, 0.3123), varied = lcg(6), ends{0, 1, 0, 1, 1, 0};
  const Values far{
      -1e30, 1e30, -std::numeric_limits<double>::infinity(), std::numeric_limits<double>::infinity(), 0.5, 2};
  const std::vector<Pair> images{
      {on, on},         {off, off},   {on, off},  {on, varied}, {varied, on},
      {varied, varied}, {{.3}, {.7}}, {{0}, {1}}, {ends, ends}, {ends, {1, 0, 1, 0, 0, 1}},
      {far, varied}};
  for (const DType dtype : {DType::f64, DType::f32})
    for (const int bins : {2, 256})
      for (const TNorm tnorm : {TNorm::product, TNorm::minimum})
        for (const Membership membership :
             {Membership::triangular, Membership::triangular_cell, Membership::gaussian,
              Membership::cubic_bspline, Membership::crisp})
          for (const Named& named : kLosses) {
            // What follows the table does not know the family: at 256 bins one family meets every loss.
            if (bins == 256 && membership != Membership::triangular && named.loss != L::rajski) continue;
            for (size_t i = 0; i < images.size(); ++i) {
              const Tensor x = leaf(images[i].x, dtype), y = leaf(images[i].y, dtype);
              const FuzzyMiOptions options{
                  .loss = named.loss,
                  .histogram = {
                      .bins = at_least(bins, membership), .membership = membership, .tnorm = tnorm}};
              for (const bool composed : {false, true}) {
                // What follows the table does not know the family.
                if (composed && membership != Membership::triangular) continue;
                const Tensor loss =
                    composed ? fuzzy_mi_loss(fuzzy_joint_histogram(x, y, options.histogram), options)
                             : fuzzy_mi_loss(x, y, options);
                EXPECT_TRUE(finite(loss)) << named.name << bins << " image " << i;
                for (const Tensor& slope : grad(loss, {x, y}))
                  EXPECT_TRUE(finite(slope)) << named.name << bins << " image " << i;
              }
            }
          }
}

TEST(FuzzyEdges, Item6_ConstantImages) {
  const auto value_and_slope = [](L loss, const Values& x, const Values& y, int bins) {
    const Tensor a = leaf(x), b = leaf(y);
    const Tensor value = fuzzy_mi_loss(a, b, {.loss = loss, .histogram = {.bins = bins}});
    return std::pair{value.item(), max(abs(grad(value, {b})[0])).item()};
  };
  // On a centre nothing is left to normalise by: value and gradient 0.
  EXPECT_EQ(value_and_slope(L::rajski, {.5, .5}, {.5, .5}, 3), (std::pair{0.0, 0.0}));
  EXPECT_EQ(value_and_slope(L::symmetric_uncertainty, {.5, .5}, {.5, .5}, 3), (std::pair{0.0, 0.0}));
  // One constant on a centre, the other not: independent.
  for (const L loss : {L::rajski, L::symmetric_uncertainty}) {
    EXPECT_NEAR(value_and_slope(loss, {.5, .5, .5}, {.1, .4, .8}, 3).first, 1, 1e-12);
    EXPECT_TRUE(std::isfinite(value_and_slope(loss, {.5, .5, .5}, {.1, .4, .8}, 3).second));
  }
  EXPECT_NEAR(value_and_slope(L::neg_mi, {.5, .5, .5}, {.1, .4, .8}, 3).first, 0, 1e-12);
  // Off a centre: fuzzy entropy, but no information. The same of one pair.
  const FuzzyMiReport off = fuzzy_mi_report(leaf({.3, .3}), leaf({.3, .3}), {.histogram = {.bins = 3}});
  EXPECT_GT(off.h_x, 0.1);
  EXPECT_NEAR(off.mi, 0, 1e-12);
  EXPECT_NEAR(fuzzy_mi_report(leaf({.37}), leaf({.81})).mi, 0, 1e-12);
}

template <class E>
void expect_throw(const std::function<void()>& f, const std::vector<std::string>& words) {
  try {
    f();
    ADD_FAILURE() << "nothing was thrown";
  } catch (const E& error) {
    for (const std::string& word : words) EXPECT_THAT(error.what(), ::testing::HasSubstr(word));
  }
}

TEST(FuzzyEdges, Item6_NaNThrows) {
  Values bad = lcg(48);
  bad[17] = kNan;
  for (const DType dtype : {DType::f64, DType::f32}) {
    const Tensor x = leaf(bad, dtype, {2, 3, 4, 2}), y = leaf(lcg(48), dtype, {2, 3, 4, 2});
    expect_throw<ValueError>([&] { fuzzy_mi_loss(x, y); }, {"x", "NaN", "17", "[2, 3, 4, 2]"});
    expect_throw<ValueError>([&] { fuzzy_mi_loss(y, x); }, {"y", "NaN", "17"});
    expect_throw<ValueError>([&] { fuzzy_mi_report(x, x); }, {"NaN"});
  }
}

TEST(FuzzyEdges, Item6_EmptyMasksThrowOrAreSkipped) {
  const Pair data = lcg_pairs(8);
  const Tensor x = leaf(data.x, DType::f64, {2, 4}), y = leaf(data.y, DType::f64, {2, 4});
  FuzzyMiOptions options;
  options.histogram.mask = tensor({{1, 1, 1, 1}, {0, 0, 0, 0}}, DType::f64);
  expect_throw<ValueError>([&] { fuzzy_mi_loss(x, y, options); }, {"1 of 2 rows empty", "OnEmpty::skip"});
  options.histogram.on_empty = OnEmpty::skip;
  for (const Named& named : kLosses) {
    options.loss = named.loss;
    options.reduction = Reduction::mean;
    const Tensor first_x = leaf(Values(data.x.begin(), data.x.begin() + 4)),
                 first_y = leaf(Values(data.y.begin(), data.y.begin() + 4));
    const double alone = fuzzy_mi_loss(first_x, first_y, {.loss = named.loss}).item();
    for (const bool composed : {false, true}) {
      const auto loss = [&] {
        return composed ? fuzzy_mi_loss(fuzzy_joint_histogram(x, y, options.histogram), options)
                        : fuzzy_mi_loss(x, y, options);
      };
      EXPECT_NEAR(loss().item(), alone, 1e-12) << named.name;
      const Values slope = numbers(grad(loss(), {y})[0]);
      for (size_t i = 4; i < 8; ++i) EXPECT_EQ(slope[i], 0) << named.name;
      options.reduction = Reduction::none;
      EXPECT_EQ(numbers(loss())[1], 0) << named.name;
      options.reduction = Reduction::mean;
    }
  }
  const FuzzyMiReport report = fuzzy_mi_report(x, y, options);
  EXPECT_EQ(report.empty_rows, 1);
  EXPECT_NEAR(report.mi, fuzzy_mi_report(slice(x, 0, 0, 1), slice(y, 0, 0, 1)).mi, 1e-12);
  options.histogram.mask = zeros({2, 4}, DType::b8);
  expect_throw<ValueError>([&] { fuzzy_mi_loss(x, y, options); }, {"all of 2 rows empty"});
}

TEST(FuzzyEdges, MasksWhoseSumOverflowsThrow) {
  const Tensor x = leaf(lcg(8), DType::f64, {2, 4});
  const auto loss = [&](const Tensor& mask) { return fuzzy_mi_loss(x, x, {.histogram = {.mask = mask}}); };
  const Tensor rows = tensor({{1, 1, 1, 1}, {3, 3, 3, 3}}, DType::f64);
  expect_throw<ValueError>([&] { loss(rows * 2e307); },
                           {"fuzzy_joint_histogram", "add up to inf in row 1", "by its largest"});
  expect_throw<ValueError>([&] { loss(rows * 1e-310); }, {"in row 0", "below 1e-300"});
  // Just inside, the mask is worth what its ratios say.
  for (const double scale : {1e307, 1e-299}) {
    EXPECT_NEAR(loss(rows * scale).item(), loss(rows).item(), 1e-14);
    EXPECT_LE(max(abs(grad(loss(rows * scale), {x})[0] - grad(loss(rows), {x})[0])).item(), 1e-14);
  }
}

TEST(FuzzyEdges, Item6_WrongUse) {
  const Tensor x = leaf(lcg(8), DType::f64, {2, 4});
  const auto with = [&](FuzzyHistogramOptions options) {
    return [&x, options] { fuzzy_joint_histogram(x, x, options); };
  };
  const Tensor half = x.detach().to(DType::bf16);
  expect_throw<DTypeError>([&] { fuzzy_mi_loss(half, half); }, {"bf16", "to(DType::f32)"});
  expect_throw<DTypeError>([&] { fuzzy_mi_loss(x, x.detach().to(DType::f32)); }, {"f64", "f32"});
  expect_throw<ShapeError>([&] { fuzzy_mi_loss(x, flatten(x)); }, {"f64[2, 4]", "f64[8]"});
  expect_throw<ShapeError>([] { fuzzy_mi_loss(zeros({0, 3}), zeros({0, 3})); }, {"at least one"});
  expect_throw<ValueError>(with({.bins = 1}), {"1 bins", "2 to 256"});
  expect_throw<ValueError>(with({.bins = 257}), {"257 bins"});
  expect_throw<ValueError>(with({.bins = 3, .membership = Membership::cubic_bspline}),
                           {"3 bins", "4 to 256"});
  expect_throw<ValueError>(with({.bins = 5, .membership = Membership::cubic_bspline, .bspline_pad = 2}),
                           {"5 bins", "6 to 256"});
  expect_throw<ValueError>(with({.lo = 1, .hi = 1}), {"lo = 1", "hi = 1"});
  expect_throw<ValueError>(with({.lo = 0, .hi = kNan}), {"hi = nan"});
  expect_throw<ValueError>(with({.lo = -1.7e308, .hi = 1.7e308}), {"hi = 1.7e+308", "overflow"});
  expect_throw<ValueError>(with({.lo = 0, .hi = 1e-320}), {"vanish"});
  expect_throw<ValueError>([&] { fuzzy_mi_loss(x, Tensor()); }, {"`y`", "undefined"});
  expect_throw<ValueError>(with({.sigma_bins = 0.1}), {"sigma_bins = 0.1"});
  expect_throw<ValueError>(with({.sigma_bins = 4.1}), {"sigma_bins = 4.1"});
  expect_throw<ValueError>(with({.bspline_pad = 3}), {"bspline_pad = 3"});
  expect_throw<ValueError>(with({.mask = tensor({{1, 1, 1, 1}, {1, -1, 1, 1}}, DType::f64)}),
                           {"element 5", "negative"});
  expect_throw<ValueError>(with({.mask = full({2, 4}, kNan, DType::f64)}), {"element 0"});
  expect_throw<ValueError>(with({.mask = leaf(Values(8, 1), DType::f64, {2, 4})}), {"requires a gradient"});
  expect_throw<DTypeError>(with({.mask = ones({2, 4}, DType::f32)}), {"b8"});
  expect_throw<ShapeError>(with({.mask = ones({2, 1}, DType::f64)}), {"f64[2, 1]"});
  expect_throw<NotImplemented>([&] { grad(fuzzy_mi_loss(x, x), {x}, true); }, {"second derivative"});
  expect_throw<NotImplemented>([&] { grad(sum(fuzzy_joint_histogram(x, x).joint), {x}, true); },
                               {"second derivative"});
  expect_throw<ValueError>([&] { fuzzy_mi_loss(x, x, {.log_floor = 0}); }, {"log_floor"});
  expect_throw<ShapeError>([&] { fuzzy_mi_loss(FuzzyHistogram{.p = x, .q = x, .joint = x}); }, {"[R, N, N]"});
}

TEST(FuzzyEdges, EstimateSaysWhatIsKnown) {
  const Pair data = lcg_pairs(40);
  const Tensor x = leaf(data.x, DType::f64, {4, 10}), y = leaf(data.y, DType::f64, {4, 10});
  Estimate estimate;
  const double with = fuzzy_mi_loss(x, y, {.report = &estimate}).item();
  EXPECT_EQ(with, fuzzy_mi_loss(x, y).item()) << "a report changes nothing";
  const FuzzyMiReport report = fuzzy_mi_report(x, y);
  EXPECT_EQ(estimate.nats, report.mi);
  EXPECT_EQ(estimate.kind, Kind::neither);
  EXPECT_LE(estimate.cap, std::min(report.h_x, report.h_y) + 1e-15);
  EXPECT_LE(estimate.nats, estimate.cap);
  EXPECT_GT(estimate.std_error, 0);
  EXPECT_EQ(estimate.n_pos, 40);
  EXPECT_EQ(estimate.flags, 0U);
  fuzzy_mi_loss(full({5}, 0.5, DType::f64), full({5}, 1, DType::f64), {.report = &estimate});
  EXPECT_TRUE(estimate.has(Flag::constant_input));
  EXPECT_TRUE(std::isnan(estimate.std_error));
}

TEST(FuzzyEdges, ReportCountsWhatLiesOutside) {
  const Tensor x = leaf({-.2, .5, 1.3, .1}), y = leaf({.25, .5, 1, 2});
  EXPECT_NEAR(fuzzy_mi_report(x, y).out_of_range, 3.0 / 8, 1e-15);
  const FuzzyMiOptions masked{.histogram = {.mask = tensor({1, 1, 0, 0}, DType::f64)}};
  EXPECT_NEAR(fuzzy_mi_report(x, y, masked).out_of_range, 1.0 / 4, 1e-15);
}

}  // namespace
}  // namespace infograd::losses
