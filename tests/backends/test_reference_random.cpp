#include <numeric>

#include <infograd/core/philox.h>

#include "tests/backends/helpers.h"

namespace infograd {
namespace {

using namespace test;

constexpr PhiloxKey kKey{42, 7, 1000};

Values drawn(RandomKind kind, int64_t n, double a, double b, DType dtype = DType::f32, PhiloxKey key = kKey) {
  const Tensor out = empty({n}, dtype);
  reference().random({.kind = kind, .out = View(out), .a = a, .b = b, .key = key});
  return values(out);
}

double mean_of(const Values& v) {
  return std::accumulate(v.begin(), v.end(), 0.0) / static_cast<double>(v.size());
}
double variance_of(const Values& v) {
  const double mean = mean_of(v);
  double sum = 0;
  for (const double x : v) sum += (x - mean) * (x - mean);
  return sum / static_cast<double>(v.size());
}

TEST(ReferenceRandom, ElementIUsesBlockIOver4AndLaneIMod4) {
  const Values uniform = drawn(RandomKind::uniform, 10, 0, 1),
               wide = drawn(RandomKind::uniform, 10, 0, 1, DType::f64);
  const Values normal = drawn(RandomKind::normal, 10, 0, 1, DType::f64),
               whole = drawn(RandomKind::integers, 10, -3, 7, DType::i64);
  for (size_t i = 0; i < 10; ++i) {
    const auto block = philox_block(kKey, i / 4);
    const uint32_t bits = block[i % 4];
    EXPECT_EQ(uniform[i], (bits >> 8U) * 0x1p-24);
    EXPECT_EQ(wide[i], bits * 0x1p-32);
    EXPECT_EQ(whole[i], -3.0 + static_cast<double>((uint64_t{bits} * 10) >> 32U));
    const size_t even = i % 4 / 2 * 2;
    const double radius = std::sqrt(-2 * std::log(1 - block[even] * 0x1p-32)),
                 angle = 2 * M_PI * block[even + 1] * 0x1p-32;
    EXPECT_NEAR(normal[i], radius * (i % 2 == 0 ? std::cos(angle) : std::sin(angle)), 1e-6);
  }
}

TEST(ReferenceRandom, ADrawIsAStretchOfTheSequence) {
  const Values all = drawn(RandomKind::normal, 16, 2, 3);
  PhiloxKey later = kKey;
  later.offset += 2;  // eight elements on
  expect_values(drawn(RandomKind::normal, 8, 2, 3, DType::f32, later), Values(all.begin() + 8, all.end()));
  expect_values(drawn(RandomKind::normal, 5, 2, 3), Values(all.begin(), all.begin() + 5));
}

TEST(ReferenceRandom, MomentsAreThoseOfTheDistribution) {
  const int64_t n = 40000;  // standard errors below: 1 / sqrt(n) = 0.005
  const Values uniform = drawn(RandomKind::uniform, n, -1, 3);
  EXPECT_NEAR(mean_of(uniform), 1, 4 * 0.0058);
  EXPECT_NEAR(variance_of(uniform), 16.0 / 12, 4 * 0.006);
  EXPECT_GE(*std::min_element(uniform.begin(), uniform.end()), -1);
  EXPECT_LT(*std::max_element(uniform.begin(), uniform.end()), 3);
  for (const DType dtype : {DType::f32, DType::f64}) {
    const Values normal = drawn(RandomKind::normal, n, 1, 2, dtype);
    EXPECT_NEAR(mean_of(normal), 1, 4 * 0.01);
    EXPECT_NEAR(variance_of(normal), 4, 4 * 4 * 0.0071);
    double fourth = 0;
    for (const double x : normal) fourth += std::pow((x - 1) / 2, 4);
    EXPECT_NEAR(fourth / static_cast<double>(n), 3, 4 * std::sqrt(96.0 / static_cast<double>(n)));
  }
  EXPECT_NEAR(mean_of(drawn(RandomKind::bernoulli, n, 0.3, 0, DType::b8)), 0.3, 4 * 0.0023);
  const Values whole = drawn(RandomKind::integers, n, 0, 5, DType::i64);
  for (int value = 0; value < 5; ++value)
    EXPECT_NEAR(static_cast<double>(std::count(whole.begin(), whole.end(), value)) / static_cast<double>(n),
                0.2, 4 * 0.002);
}

TEST(ReferenceRandom, EdgesOfTheRange) {
  for (const double value : drawn(RandomKind::uniform, 4000, 1, 1.0000002384185791)) {  // two floats above 1
    EXPECT_GE(value, 1);
    EXPECT_LT(value, 1.0000002384185791);
  }
  expect_values(drawn(RandomKind::bernoulli, 4, 1, 0), {1, 1, 1, 1});
  expect_values(drawn(RandomKind::bernoulli, 4, 0, 0), {0, 0, 0, 0});
  expect_values(drawn(RandomKind::integers, 4, 5, 6, DType::i64), {5, 5, 5, 5});
  EXPECT_THROW(drawn(RandomKind::integers, 1, 5, 5, DType::i64), ValueError);
  EXPECT_THROW(drawn(RandomKind::uniform, 1, 0, 1, DType::i64), DTypeError);
  expect_values(drawn(RandomKind::normal, 0, 0, 1), {});
}

TEST(ReferenceDropout, KeepsWhereTheUniformIsAtLeastP) {
  const Tensor x = transposed(wave({5, 6}, 0.3)), y = empty({5, 6}, DType::f64);
  reference().dropout(View(y), ConstView(x), 0.25, kKey);
  const Values uniform = drawn(RandomKind::uniform, 30, 0, 1);
  Values expected = values(x);
  for (size_t i = 0; i < expected.size(); ++i) expected[i] = uniform[i] >= 0.25 ? expected[i] / 0.75 : 0;
  expect_values(y, expected, 1e-15);
  reference().dropout(View(y), ConstView(x), 1, kKey);
  expect_values(y, Values(30, 0));
}

}  // namespace
}  // namespace infograd
