// Items 2, 4 and 7 of the acceptance of the fuzzy losses: what must hold for any data.
#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <numeric>

#include <gtest/gtest.h>

#include <infograd/core/generator.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/reduce.h>
#include <infograd/ops/shape_ops.h>

#include "tests/losses/fuzzy_support.h"

namespace infograd::losses {
namespace {

using namespace fuzzy_test;
using Values = std::vector<double>;
using L = FuzzyMiLoss;
constexpr double kExact = 1e-12;

/// One random case.
struct Random {
  int bins;
  Values x, y;
};

/// 200 cases, N in 2 .. 9, M in 1 .. 64.
void for_random_cases(const std::function<void(const Random&)>& f) {
  Generator generator(5);
  for (int i = 0; i < 200; ++i) {
    Random c{.bins = 2 + static_cast<int>(generator.below(8)), .x = {}, .y = {}};
    const size_t count = 1 + generator.below(64);
    for (size_t m = 0; m < count; ++m) {
      c.x.push_back(generator.uniform());
      c.y.push_back(0.5 * c.x.back() + 0.5 * generator.uniform());
    }
    SCOPED_TRACE("case " + std::to_string(i));
    f(c);
  }
}

FuzzyMiOptions options_of(int bins, Membership membership = Membership::triangular,
                          TNorm tnorm = TNorm::product) {
  return {.histogram = {.bins = at_least(bins, membership), .membership = membership, .tnorm = tnorm}};
}
FuzzyMiReport report_of(const Values& x, const Values& y, const FuzzyMiOptions& options) {
  return fuzzy_mi_report(leaf(x), leaf(y), options);
}
FuzzyHistogram table_of(const Values& x, const Values& y, const FuzzyMiOptions& options) {
  return fuzzy_joint_histogram(leaf(x), leaf(y), options.histogram);
}
double loss_of(L loss, const Values& x, const Values& y, FuzzyMiOptions options) {
  options.loss = loss;
  return fuzzy_mi_loss(leaf(x), leaf(y), options).item();
}
double mean_of(const Values& v) {
  return std::accumulate(v.begin(), v.end(), 0.0) / static_cast<double>(v.size());
}
double largest_difference(const Tensor& a, const Tensor& b) {
  return max(abs(a - b)).item();
}
double dependence(const FuzzyHistogram& h) {  // sum |P - p q|
  return sum(abs(h.joint - unsqueeze(h.p, 2) * unsqueeze(h.q, 1))).item();
}
Values mirrored(const Values& v) {
  Values out;
  for (const double x : v) out.push_back(1 - x);
  return out;
}

TEST(FuzzyProperties, Item2_1_SumsAndMarginals) {
  for_random_cases([](const Random& c) {
    for (const Family& family : kSmoothFamilies) {
      const FuzzyHistogram h = table_of(c.x, c.y, options_of(c.bins, family.membership));
      EXPECT_NEAR(sum(h.p).item(), 1, kExact) << family.name;
      EXPECT_NEAR(sum(h.q).item(), 1, kExact) << family.name;
      EXPECT_NEAR(sum(h.joint).item(), 1, kExact) << family.name;
      EXPECT_LE(largest_difference(sum(h.joint, {2}), h.p), kExact) << family.name;
      EXPECT_LE(largest_difference(sum(h.joint, {1}), h.q), kExact) << family.name;
    }
    const FuzzyHistogram h = table_of(c.x, c.y, options_of(c.bins));
    const Tensor centres = linspace(0, 1, c.bins, DType::f64);
    EXPECT_NEAR(sum(h.p * centres).item(), mean_of(c.x), kExact);
    EXPECT_NEAR(sum(h.q * centres).item(), mean_of(c.y), kExact);
  });
}

TEST(FuzzyProperties, Item2_2_BoundsOfInformation) {
  for_random_cases([](const Random& c) {
    for (const Family& family : kSmoothFamilies) {
      const FuzzyMiOptions options = options_of(c.bins, family.membership);
      const FuzzyMiReport r = report_of(c.x, c.y, options);
      const int bins = options.histogram.bins;
      const double phi2 = (1 - loss_of(L::chi_square, c.x, c.y, options)) * (bins - 1);
      EXPECT_GE(r.mi, -kExact);
      EXPECT_LE(r.mi, std::min(r.h_x, r.h_y) + kExact);
      EXPECT_LE(r.h_xy, r.h_x + r.h_y + kExact);
      EXPECT_LE(r.mi, std::log1p(phi2) + kExact);
      EXPECT_LE(std::log1p(phi2), phi2 + kExact);
      EXPECT_LE(phi2, bins - 1 + kExact);
      EXPECT_GE(r.mi, 0.5 * std::pow(dependence(table_of(c.x, c.y, options)), 2) - kExact);
    }
  });
}

TEST(FuzzyProperties, Item2_3_TheLinearLossIsTheSumOfItsGaps) {
  for_random_cases([](const Random& c) {
    for (const TNorm tnorm : {TNorm::product, TNorm::minimum})
      for (const Family& family : kSmoothFamilies) {
        const FuzzyMiOptions options = options_of(c.bins, family.membership, tnorm);
        const FuzzyHistogram h = table_of(c.x, c.y, options);
        const Tensor d = slice(flatten(h.joint, 1), 1, 0, std::nullopt, h.joint.size(2) + 1);
        const double literal = sum(abs(h.p - h.q) + abs(h.p - d) + abs(h.q - d)).item() / 3;
        const double linear = loss_of(L::lmi, c.x, c.y, options);
        EXPECT_NEAR(linear, literal, kExact) << family.name;
        EXPECT_LE(loss_of(L::lmi_squared, c.x, c.y, options), linear + kExact) << family.name;
        if (tnorm == TNorm::product) {
          const FuzzyMiReport r = report_of(c.x, c.y, options);
          EXPECT_LE(r.tv, 1 - r.trace + kExact) << family.name;
        }
      }
  });
}

TEST(FuzzyProperties, Item2_4_FullFactorialsAreIndependent) {
  Generator generator(6);
  for (int i = 0; i < 200; ++i) {
    const size_t rows = 1 + generator.below(8), columns = 1 + generator.below(8);
    Values x, y;
    for (size_t r = 0; r < rows; ++r) {
      const double value = generator.uniform();
      x.insert(x.end(), columns, value);
    }
    Values levels;
    for (size_t k = 0; k < columns; ++k) levels.push_back(generator.uniform());
    for (size_t r = 0; r < rows; ++r) y.insert(y.end(), levels.begin(), levels.end());
    const FuzzyMiOptions options = options_of(2 + i % 8);
    const FuzzyMiReport report = report_of(x, y, options);
    const FuzzyHistogram h = table_of(x, y, options);
    EXPECT_NEAR(report.mi, 0, kExact);
    EXPECT_NEAR(loss_of(L::chi_square, x, y, options), 1, kExact);
    EXPECT_NEAR(report.trace, sum(h.p * h.q).item(), kExact);
  }
}

TEST(FuzzyProperties, Item2_5_IdenticalImages) {
  for_random_cases([](const Random& c) {
    const FuzzyMiOptions options = options_of(c.bins);
    const double last = c.bins - 1;
    Values centres, spread;
    for (const double v : c.x) {
      centres.push_back(std::round(v * last) / last);
      const double t = v * last - std::floor(v * last);
      spread.push_back(t * (1 - t));
    }
    for (const L loss : {L::lmi, L::variation_of_information, L::rajski, L::symmetric_uncertainty})
      EXPECT_NEAR(loss_of(loss, centres, centres, options), 0, 1e-11);  // k / (N - 1) is off by one rounding
    EXPECT_NEAR(loss_of(L::lmi, c.x, c.x, options), 4.0 / 3 * mean_of(spread), kExact);
    const FuzzyMiReport r = report_of(c.x, c.x, options);
    EXPECT_LT(r.mi, r.h_x);
    EXPECT_NEAR(loss_of(L::lmi, c.x, c.x, options_of(c.bins, Membership::triangular, TNorm::minimum)), 0,
                kExact);
  });
}

TEST(FuzzyProperties, Item2_6_MirroringChangesTheLinearLossOnly) {
  double changed = 0;
  for_random_cases([&](const Random& c) {
    const FuzzyMiOptions options = options_of(c.bins);
    const Values flipped = mirrored(c.y);
    for (const L loss : {L::neg_mi, L::chi_square, L::variation_of_information, L::rajski,
                         L::symmetric_uncertainty, L::entropy_gap, L::l1_dependence, L::exp_neg_mi})
      EXPECT_NEAR(loss_of(loss, c.x, c.y, options), loss_of(loss, c.x, flipped, options), kExact);
    const FuzzyMiReport a = report_of(c.x, c.y, options), b = report_of(c.x, flipped, options);
    EXPECT_NEAR(a.h_y, b.h_y, kExact);
    EXPECT_NEAR(a.h_xy, b.h_xy, kExact);
    changed = std::max(changed, std::abs(a.lmi - b.lmi));

    // Any permutation of crisp bins.
    const FuzzyMiOptions crisp = options_of(c.bins, Membership::crisp);
    Values relabelled;
    for (const double v : c.y)  // k -> k + 1 mod N
      relabelled.push_back(std::fmod(std::floor(v * (c.bins - 1) + 0.5) + 1, c.bins) / (c.bins - 1));
    EXPECT_NEAR(report_of(c.x, c.y, crisp).mi, report_of(c.x, relabelled, crisp).mi, kExact);
  });
  EXPECT_GT(changed, 0.1);
}

TEST(FuzzyProperties, Item2_7_Symmetries) {
  for_random_cases([](const Random& c) {
    for (const TNorm tnorm : {TNorm::product, TNorm::minimum}) {
      const FuzzyMiOptions options = options_of(c.bins, Membership::triangular, tnorm);
      const FuzzyHistogram h = table_of(c.x, c.y, options), swapped = table_of(c.y, c.x, options);
      EXPECT_LE(largest_difference(h.joint, transpose(swapped.joint)), kExact);
      Values x = c.x, y = c.y, twice_x = c.x, twice_y = c.y;
      std::reverse(x.begin(), x.end());
      std::reverse(y.begin(), y.end());
      twice_x.insert(twice_x.end(), x.begin(), x.end());
      twice_y.insert(twice_y.end(), y.begin(), y.end());
      for (const Named& named : kLosses) {
        const double value = loss_of(named.loss, c.x, c.y, options);
        EXPECT_NEAR(loss_of(named.loss, c.y, c.x, options), value, kExact) << named.name;
        EXPECT_NEAR(loss_of(named.loss, x, y, options), value, kExact) << named.name;
        EXPECT_NEAR(loss_of(named.loss, twice_x, twice_y, options), value, kExact) << named.name;
      }
      // Concatenation averages by size.
      const auto half = static_cast<std::ptrdiff_t>(c.x.size() / 2);
      if (half == 0) continue;
      const auto part = [&](const Values& v, bool second) {
        return second ? Values(v.begin() + half, v.end()) : Values(v.begin(), v.begin() + half);
      };
      const double share = static_cast<double>(half) / static_cast<double>(c.x.size());
      const FuzzyHistogram a = table_of(part(c.x, false), part(c.y, false), options),
                           b = table_of(part(c.x, true), part(c.y, true), options);
      EXPECT_LE(largest_difference(h.joint, a.joint * share + b.joint * (1 - share)), kExact);
      EXPECT_LE(largest_difference(h.p, a.p * share + b.p * (1 - share)), kExact);
      EXPECT_LE(largest_difference(h.q, a.q * share + b.q * (1 - share)), kExact);
    }
  });
}

TEST(FuzzyProperties, Item2_8_DataProcessing) {
  Generator generator(7);
  for (int i = 0; i < 200; ++i) {
    Values levels;
    for (int k = 0; k < 4; ++k) levels.push_back(generator.uniform());
    const size_t count = 1 + generator.below(64);
    Values x, y;
    std::map<std::pair<size_t, size_t>, double> joint;
    std::map<size_t, double> p, q;
    for (size_t m = 0; m < count; ++m) {
      const size_t a = generator.below(4), b = generator.below(2) == 0 ? a : generator.below(4);
      x.push_back(levels[a]);
      y.push_back(levels[b]);
      const double share = 1 / static_cast<double>(count);
      joint[{a, b}] += share;
      p[a] += share;
      q[b] += share;
    }
    double exact = 0;
    for (const auto& [cell, value] : joint)
      exact += value * std::log(value / (p[cell.first] * q[cell.second]));
    for (const Family& family : kSmoothFamilies)
      EXPECT_LE(report_of(x, y, options_of(2 + i % 8, family.membership)).mi, exact + kExact) << family.name;
  }
}

TEST(FuzzyProperties, Item2_9_TwoBins) {
  for_random_cases([](const Random& c) {
    const FuzzyMiOptions options = options_of(2);
    const FuzzyHistogram h = table_of(c.x, c.y, options);
    Values both, neither;
    for (size_t m = 0; m < c.x.size(); ++m) {
      both.push_back(c.x[m] * c.y[m]);
      neither.push_back((1 - c.x[m]) * (1 - c.y[m]));
    }
    EXPECT_NEAR(numbers(h.joint)[3], mean_of(both), kExact);
    EXPECT_NEAR(numbers(h.p)[1], mean_of(c.x), kExact);
    EXPECT_NEAR(report_of(c.x, c.y, options).trace, mean_of(both) + mean_of(neither), kExact);
  });
}

TEST(FuzzyProperties, Item2_10_ManyBinsOverfit) {
  const Pair data = lcg_pairs(16);
  const FuzzyMiReport few = report_of(data.x, data.y, options_of(5)),
                      many = report_of(data.x, data.y, options_of(256));
  EXPECT_LT(few.mi, 1);
  EXPECT_GT(many.mi, 2);  // ln 16 = 2.77 of 16 independent-looking pairs
  EXPECT_GE(many.occupied_cells, 2 * 16);
}

TEST(FuzzyProperties, Item4_FusedEqualsComposed) {
  for (const TNorm tnorm : {TNorm::product, TNorm::minimum})
    for (const Family& family : kSmoothFamilies)
      for (const int bins : {2, 5, 11, 32}) {
        const Pair data = lcg_pairs(300);
        FuzzyMiOptions options = options_of(bins, family.membership, tnorm);
        options.histogram.pooling = Pooling::per_sample;
        options.histogram.mask = from_data(lcg(300, 5000), {3, 1, 10, 10});
        const Tensor x = leaf(data.x, DType::f64, {3, 1, 10, 10}),
                     y = leaf(data.y, DType::f64, {3, 1, 10, 10});
        for (const Named& named : kLosses) {
          options.loss = named.loss;
          for (const Reduction reduction : {Reduction::mean, Reduction::sum, Reduction::none}) {
            options.reduction = reduction;
            const Tensor fused = fuzzy_mi_loss(x, y, options),
                         composed = fuzzy_mi_loss(fuzzy_joint_histogram(x, y, options.histogram), options);
            EXPECT_LE(largest_difference(fused, composed), kExact) << named.name;
            const auto a = grad(sum(fused), {x, y}), b = grad(sum(composed), {x, y});
            EXPECT_LE(largest_difference(a[0], b[0]), kExact) << named.name << family.name << bins;
            EXPECT_LE(largest_difference(a[1], b[1]), kExact) << named.name << family.name << bins;
          }
        }
      }
}

// ---- item 7: rows

struct Batch {
  Tensor x, y;  ///< [2, 3, 8, 8]
};
Batch batch() {
  const Pair data = lcg_pairs(384);
  return {leaf(data.x, DType::f64, {2, 3, 8, 8}), leaf(data.y, DType::f64, {2, 3, 8, 8})};
}

TEST(FuzzyPooling, Item7_PerChannelEqualsSingleCalls) {
  const auto [x, y] = batch();
  for (const Named& named : kLosses) {
    double total = 0;
    for (int b = 0; b < 2; ++b)
      for (int c = 0; c < 3; ++c) {
        const auto image = [&](const Tensor& t) { return flatten(select(select(t, 0, b), 0, c)); };
        total += fuzzy_mi_loss(image(x), image(y), {.loss = named.loss}).item();
      }
    EXPECT_NEAR(fuzzy_mi_loss(x, y, {.loss = named.loss}).item(), total / 6, kExact) << named.name;
    EXPECT_NEAR(fuzzy_mi_loss(x, y, {.loss = named.loss, .reduction = Reduction::sum}).item(), total, kExact);
    EXPECT_EQ(fuzzy_mi_loss(x, y, {.loss = named.loss, .reduction = Reduction::none}).shape(), Shape{6});
  }
}

TEST(FuzzyPooling, Item7_PerSampleEqualsFlattenedCalls) {
  const auto [x, y] = batch();
  for (const Named& named : kLosses) {
    double total = 0;
    for (int b = 0; b < 2; ++b)
      total += fuzzy_mi_loss(flatten(select(x, 0, b)), flatten(select(y, 0, b)), {.loss = named.loss}).item();
    const FuzzyMiOptions options{.loss = named.loss, .histogram = {.pooling = Pooling::per_sample}};
    EXPECT_NEAR(fuzzy_mi_loss(x, y, options).item(), total / 2, kExact) << named.name;
    const FuzzyMiOptions all{.loss = named.loss, .histogram = {.pooling = Pooling::batch}};
    EXPECT_NEAR(fuzzy_mi_loss(x, y, all).item(),
                fuzzy_mi_loss(flatten(x), flatten(y), {.loss = named.loss}).item(), kExact)
        << named.name;
  }
}

TEST(FuzzyPooling, Item7_MasksEqualDroppedPixels) {
  const auto [x, y] = batch();
  for (const Named& named : kLosses) {
    FuzzyMiOptions options{.loss = named.loss};
    const Tensor plain = fuzzy_mi_loss(x, y, options);
    const auto plain_slopes = grad(plain, {x, y});
    for (const Tensor& one : {ones({2, 3, 8, 8}, DType::f64), ones({2, 1, 8, 8}, DType::b8)}) {
      options.histogram.mask = one;
      const Tensor masked = fuzzy_mi_loss(x, y, options);
      EXPECT_NEAR(masked.item(), plain.item(), kExact) << named.name;
      const auto slopes = grad(masked, {x, y});
      EXPECT_LE(largest_difference(slopes[0], plain_slopes[0]), kExact) << named.name;
      EXPECT_LE(largest_difference(slopes[1], plain_slopes[1]), kExact) << named.name;
    }
    // The right half of every image is left out.
    Tensor left = concat({ones({2, 1, 8, 5}, DType::f64), zeros({2, 1, 8, 3}, DType::f64)}, 3);
    options.histogram.mask = left;
    const Tensor masked = fuzzy_mi_loss(x, y, options);
    const Tensor dropped = fuzzy_mi_loss(slice(x, 3, 0, 5), slice(y, 3, 0, 5), {.loss = named.loss});
    EXPECT_NEAR(masked.item(), dropped.item(), kExact) << named.name;
    const auto a = grad(masked, {x, y}), b = grad(dropped, {x, y});
    EXPECT_LE(largest_difference(a[0], b[0]), kExact) << named.name;
    EXPECT_LE(largest_difference(a[1], b[1]), kExact) << named.name;
    EXPECT_EQ(max(abs(slice(a[0], 3, 5))).item(), 0) << named.name;
  }
}

TEST(FuzzyPooling, StoppedAndCrispSidesGetNoGradient) {
  const auto [x, y] = batch();
  const Tensor crisp = fuzzy_mi_loss(x, y, {.loss = L::neg_mi, .histogram = {.crisp_y = true}});
  const auto slopes = grad(crisp, {x, y});
  EXPECT_GT(max(abs(slopes[0])).item(), 0);
  EXPECT_EQ(max(abs(slopes[1])).item(), 0);
  const Tensor stopped = fuzzy_mi_loss(x, y, {.histogram = {.stop_grad_y = true}});
  const auto partial = grad(stopped, {x, y}, false, true);
  EXPECT_LE(largest_difference(partial[0], grad(fuzzy_mi_loss(x, y), {x})[0]), 0);
  EXPECT_FALSE(partial[1].defined());
}

}  // namespace
}  // namespace infograd::losses
