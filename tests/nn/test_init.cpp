// Bounds and moments of the initial values. Tolerances are five standard errors.
#include <cmath>

#include <gtest/gtest.h>

#include <infograd/infograd.h>

namespace infograd {
namespace {

struct Moments {
  double mean = 0, variance = 0, least = INFINITY, most = -INFINITY;
};

Moments moments(const Tensor& x) {
  Moments m;
  const std::vector<double> values = x.to(DType::f64).to_vector<double>();
  for (double value : values) {
    m.mean += value / static_cast<double>(values.size());
    m.least = std::min(m.least, value);
    m.most = std::max(m.most, value);
  }
  for (double value : values)
    m.variance += (value - m.mean) * (value - m.mean) / static_cast<double>(values.size());
  return m;
}

void expect_uniform(const Tensor& x, double bound) {
  const Moments m = moments(x);
  const auto n = static_cast<double>(x.numel());
  EXPECT_GE(m.least, -bound * (1 + 1e-6));
  EXPECT_LE(m.most, bound * (1 + 1e-6));
  EXPECT_NEAR(m.mean, 0, 5 * bound / std::sqrt(3 * n));
  EXPECT_NEAR(m.variance, bound * bound / 3, 5 * bound * bound * std::sqrt(4.0 / 45 / n));
}

void expect_normal(const Tensor& x, double std) {
  const Moments m = moments(x);
  const auto n = static_cast<double>(x.numel());
  EXPECT_NEAR(m.mean, 0, 5 * std / std::sqrt(n));
  EXPECT_NEAR(m.variance, std * std, 5 * std * std * std::sqrt(2 / n));
}

constexpr int64_t kOut = 60, kIn = 40;  // times 3 x 3: fan_in 360, fan_out 540
Tensor weight() {
  return empty({kOut, kIn, 3, 3});
}

TEST(Init, Fans) {
  const nn::init::Fans fans = nn::init::fans({60, 40, 3, 3});
  EXPECT_EQ(fans.in, 360);
  EXPECT_EQ(fans.out, 540);
  EXPECT_THROW(nn::init::fans({5}), ShapeError);
}

TEST(Init, Gains) {
  using nn::init::gain;
  using nn::init::Nonlinearity;
  EXPECT_DOUBLE_EQ(gain(Nonlinearity::linear), 1);
  EXPECT_DOUBLE_EQ(gain(Nonlinearity::sigmoid), 1);
  EXPECT_DOUBLE_EQ(gain(Nonlinearity::tanh), 5.0 / 3);
  EXPECT_DOUBLE_EQ(gain(Nonlinearity::relu), std::sqrt(2.0));
  EXPECT_DOUBLE_EQ(gain(Nonlinearity::leaky_relu, 1.0), 1);
}

TEST(Init, KaimingXavierAndPlainOnes) {
  Generator g(1);
  expect_uniform(nn::init::uniform_(weight(), -2, 2, g), 2);
  expect_normal(nn::init::normal_(weight(), 0, 0.3, g), 0.3);
  expect_uniform(nn::init::kaiming_uniform_(weight(), g), std::sqrt(6.0 / 360));
  expect_uniform(nn::init::kaiming_uniform_(weight(), g, {.fan = nn::init::Fan::out}), std::sqrt(6.0 / 540));
  expect_normal(nn::init::kaiming_normal_(weight(), g), std::sqrt(2.0 / 360));
  expect_uniform(nn::init::xavier_uniform_(weight(), g), std::sqrt(6.0 / 900));
  expect_normal(nn::init::xavier_normal_(weight(), g, 2), 2 * std::sqrt(2.0 / 900));
  expect_uniform(nn::init::fan_in_uniform_(weight(), 360, g), 1 / std::sqrt(360.0));
}

TEST(Init, TheDefaultOfLinearIsKaimingForASlopeOfRootFive) {
  Generator a(9), b(9);
  const Tensor x = nn::init::fan_in_uniform_(empty({8, 30}, DType::f64), 30, a);
  const Tensor y = nn::init::kaiming_uniform_(
      empty({8, 30}, DType::f64), b,
      {.nonlinearity = nn::init::Nonlinearity::leaky_relu, .slope = std::sqrt(5.0)});
  const std::vector<double> u = x.to_vector<double>(), v = y.to_vector<double>();
  for (size_t i = 0; i < u.size(); ++i) EXPECT_NEAR(u[i], v[i], 1e-15);
}

TEST(Init, Constants) {
  const auto filled_with = [](const Tensor& x, float value) {
    return x.to_vector<float>() == std::vector<float>(static_cast<size_t>(x.numel()), value);
  };
  EXPECT_TRUE(filled_with(nn::init::constant_(empty({7}), 2.5), 2.5));
  EXPECT_TRUE(filled_with(nn::init::ones_(empty({2, 3})), 1));
  EXPECT_TRUE(filled_with(nn::init::zeros_(empty({7})), 0));
}

TEST(Init, TruncatedNormalStaysInside) {
  Generator g(2);
  const Tensor x = nn::init::truncated_normal_(empty({20000}), 1, 0.5, 0, 2, g);  // two standard deviations
  const Moments m = moments(x);
  EXPECT_GE(m.least, 0);
  EXPECT_LE(m.most, 2);
  // variance of a standard normal cut at +-2: 1 - 2 * 2 * phi(2) / (2 Phi(2) - 1)
  const double phi = std::exp(-2.0) / std::sqrt(2 * M_PI);
  const double variance = 0.25 * (1 - 4 * phi / std::erf(std::sqrt(2.0)));
  EXPECT_NEAR(m.mean, 1, 5 * std::sqrt(variance / 20000));
  EXPECT_NEAR(m.variance, variance, 5 * variance * std::sqrt(2.0 / 20000));
  EXPECT_THROW(nn::init::truncated_normal_(empty({2}), 0, 1, 5, 6, g), ValueError);
}

TEST(Init, OrthogonalRowsOrColumns) {
  Generator g(3);
  const Tensor wide = nn::init::orthogonal_(empty({4, 3, 3}, DType::f64), g, 2).to(DType::f64);
  const Tensor w = reshape(wide, {4, 9});
  const std::vector<double> rows = matmul(w, transpose(w)).to_vector<double>();
  for (size_t i = 0; i < 16; ++i) EXPECT_NEAR(rows[i], i % 5 == 0 ? 4 : 0, 1e-12);
  const Tensor tall = nn::init::orthogonal_(empty({9, 4}, DType::f64), g);
  const std::vector<double> columns = matmul(transpose(tall), tall).to_vector<double>();
  for (size_t i = 0; i < 16; ++i) EXPECT_NEAR(columns[i], i % 5 == 0 ? 1 : 0, 1e-12);
  EXPECT_NO_THROW(nn::init::orthogonal_(empty({3, 3}), g)) << "f32 weights too";
}

}  // namespace
}  // namespace infograd
