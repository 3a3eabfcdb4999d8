// Values and derivatives of the element-wise functions in f64, against SciPy and PyTorch.
#include <gtest/gtest.h>

#include <infograd/backends/scalar_ops.h>

#include "tests/backends/helpers.h"
#include "tests/golden/backends.h"

namespace infograd {
namespace {

using scalar_math::Uses;
using test::Values;

struct Case {
  const char* name;
  UnaryOp op;
  const Values &points, &f, &df;
  double p0 = 0, p1 = 0;
};

using namespace golden;
const Case kCases[] = {
    {"neg", UnaryOp::neg, points, neg_f, neg_df},
    {"abs", UnaryOp::abs, points, abs_f, abs_df},
    {"sqrt", UnaryOp::sqrt, positive_points, sqrt_f, sqrt_df},
    {"rsqrt", UnaryOp::rsqrt, positive_points, rsqrt_f, rsqrt_df},
    {"exp", UnaryOp::exp, points, exp_f, exp_df},
    {"expm1", UnaryOp::expm1, points, expm1_f, expm1_df},
    {"log", UnaryOp::log, positive_points, log_f, log_df},
    {"log1p", UnaryOp::log1p, positive_points, log1p_f, log1p_df},
    {"sin", UnaryOp::sin, points, sin_f, sin_df},
    {"cos", UnaryOp::cos, points, cos_f, cos_df},
    {"tanh", UnaryOp::tanh, points, tanh_f, tanh_df},
    {"sigmoid", UnaryOp::sigmoid, points, sigmoid_f, sigmoid_df},
    {"softplus", UnaryOp::softplus, points, softplus_f, softplus_df},
    {"relu", UnaryOp::relu, points, relu_f, relu_df},
    {"leaky_relu", UnaryOp::leaky_relu, points, leaky_relu_f, leaky_relu_df, 0.2},
    {"elu", UnaryOp::elu, points, elu_f, elu_df, 1.5},
    {"gelu", UnaryOp::gelu, points, gelu_f, gelu_df},
    {"gelu_tanh", UnaryOp::gelu_tanh, points, gelu_tanh_f, gelu_tanh_df},
    {"silu", UnaryOp::silu, points, silu_f, silu_df},
    {"erf", UnaryOp::erf, points, erf_f, erf_df},
    {"square", UnaryOp::square, points, square_f, square_df},
    {"reciprocal", UnaryOp::reciprocal, points, reciprocal_f, reciprocal_df},
    {"lgamma", UnaryOp::lgamma, gamma_points, lgamma_f, digamma_f},
    {"digamma", UnaryOp::digamma, gamma_points, digamma_f, trigamma_f},
    {"clamp", UnaryOp::clamp, points, clamp_f, clamp_df, -2.4, 1.8},
    {"pow3", UnaryOp::pow, points, pow3_f, pow3_df, 3},
    {"pow_half", UnaryOp::pow, positive_points, pow_half_f, pow_half_df, 0.7},
    {"affine", UnaryOp::affine, points, affine_f, affine_df, 1.5, -0.25},
};

void PrintTo(const Case& c, std::ostream* os) {
  *os << c.name;
}

class ScalarOps : public testing::TestWithParam<Case> {};
INSTANTIATE_TEST_SUITE_P(All, ScalarOps, testing::ValuesIn(kCases),
                         [](const auto& test) { return test.param.name; });

TEST_P(ScalarOps, ValueIsTheGoldenOne) {
  const Case& c = GetParam();
  const auto n = static_cast<int64_t>(c.points.size());
  const Tensor x = test::make({n}, c.points), y = empty({n}, DType::f64);
  test::reference().unary(c.op, View(y), ConstView(x), c.p0, c.p1);
  test::expect_values(y, c.f, 1e-13);
}

TEST_P(ScalarOps, DerivativeIsTheGoldenOneAndReadsOnlyWhatItSays) {
  const Case& c = GetParam();
  const auto n = static_cast<int64_t>(c.points.size());
  const Tensor x = test::make({n}, c.points), y = test::make({n}, c.f), dx = empty({n}, DType::f64);
  const Tensor dy = test::make({n}, Values(c.points.size(), 2.0));
  const Uses uses = scalar_math::derivative_uses(c.op);
  test::reference().unary_grad(c.op, View(dx), ConstView(dy), uses == Uses::x ? ConstView(x) : ConstView(),
                               uses == Uses::y ? ConstView(y) : ConstView(), c.p0, c.p1);
  Values expected = c.df;
  for (double& v : expected) v *= 2;
  test::expect_values(dx, expected, 1e-13);
}

double f(UnaryOp op, double x, double p0 = 0, double p1 = 0) {
  return scalar_math::visit(op, [&](auto function) { return function.f(x, p0, p1); });
}
double df(UnaryOp op, double x, double p0 = 0, double p1 = 0) {
  return scalar_math::visit(op, [&](auto function) { return function.df(x, function.f(x, p0, p1), p0, p1); });
}

TEST(ScalarFunctions, TrigammaIsTheGoldenOne) {
  for (size_t i = 0; i < gamma_points.size(); ++i)
    EXPECT_NEAR(f(UnaryOp::trigamma, gamma_points[i]), trigamma_f[i], 1e-13 * std::max(1.0, trigamma_f[i]))
        << gamma_points[i];
}

TEST(ScalarFunctions, GammaFamilyAtItsPoles) {
  using test::kInf;
  EXPECT_EQ(f(UnaryOp::digamma, 0.0), -kInf);
  EXPECT_EQ(f(UnaryOp::digamma, -0.0), kInf);
  EXPECT_TRUE(std::isnan(f(UnaryOp::digamma, -3.0)));
  EXPECT_EQ(f(UnaryOp::trigamma, -3.0), kInf);
  EXPECT_EQ(f(UnaryOp::trigamma, 0.0), kInf);
  EXPECT_EQ(f(UnaryOp::lgamma, -3.0), kInf);
  EXPECT_EQ(f(UnaryOp::lgamma, 1.0), 0.0);
  EXPECT_EQ(f(UnaryOp::digamma, kInf), kInf);
  EXPECT_EQ(f(UnaryOp::trigamma, kInf), 0.0);
}

TEST(ScalarFunctions, KinksHaveTheDocumentedDerivative) {
  EXPECT_EQ(df(UnaryOp::relu, 0), 0);
  EXPECT_EQ(df(UnaryOp::abs, 0), 0);
  EXPECT_EQ(f(UnaryOp::sign, 0), 0);
  for (const UnaryOp op : {UnaryOp::sign, UnaryOp::floor, UnaryOp::ceil, UnaryOp::round})
    EXPECT_EQ(df(op, 0.3), 0);
  EXPECT_EQ(df(UnaryOp::clamp, 1, 1, 2), 1);
  EXPECT_EQ(df(UnaryOp::clamp, 2, 1, 2), 1);
  EXPECT_EQ(df(UnaryOp::clamp, 2.5, 1, 2), 0);
  EXPECT_EQ(df(UnaryOp::pow, 0, 1), 1);
  EXPECT_EQ(df(UnaryOp::pow, 0, 0), 0);
}

TEST(ScalarFunctions, RoundingAndClamping) {
  EXPECT_EQ(f(UnaryOp::round, 0.5), 0);
  EXPECT_EQ(f(UnaryOp::round, 1.5), 2);
  EXPECT_EQ(f(UnaryOp::round, -2.5), -2);
  EXPECT_EQ(f(UnaryOp::floor, -0.5), -1);
  EXPECT_EQ(f(UnaryOp::ceil, -0.5), 0);
  EXPECT_EQ(f(UnaryOp::clamp, 7, 3, 1), 1) << "upper wins when lower > upper";
  EXPECT_EQ(f(UnaryOp::clamp, 0, 3, 1), 1);
}

TEST(ScalarFunctions, NothingOverflowsInTheTails) {
  EXPECT_EQ(f(UnaryOp::sigmoid, -800), 0);
  EXPECT_EQ(f(UnaryOp::sigmoid, 800), 1);
  EXPECT_EQ(f(UnaryOp::softplus, 800), 800);
  EXPECT_EQ(f(UnaryOp::softplus, -test::kInf), 0);
  EXPECT_EQ(df(UnaryOp::softplus, 800), 1);
  EXPECT_NEAR(f(UnaryOp::gelu, -10) / -7.6198530241605e-23, 1, 1e-12);
}

TEST(ScalarFunctions, NanStays) {
  for (const UnaryOp op : {UnaryOp::sign, UnaryOp::abs, UnaryOp::relu, UnaryOp::leaky_relu, UnaryOp::elu,
                           UnaryOp::clamp, UnaryOp::sigmoid, UnaryOp::softplus, UnaryOp::round})
    EXPECT_TRUE(std::isnan(f(op, test::kNan, 0.1, 1))) << static_cast<int>(op);
  EXPECT_TRUE(std::isnan(scalar_math::Maximum::f(test::kNan, 1.0, 0.0)));
  EXPECT_TRUE(std::isnan(scalar_math::Maximum::f(1.0, test::kNan, 0.0)));
  EXPECT_TRUE(std::isnan(scalar_math::Minimum::f(test::kNan, 1.0, 0.0)));
  EXPECT_TRUE(std::isnan(scalar_math::Minimum::f(1.0, test::kNan, 0.0)));
}

TEST(ScalarFunctions, FloatVersionsAgreeWithDouble) {
  for (const Case& c : kCases)
    scalar_math::visit(c.op, [&](auto function) {
      for (size_t i = 0; i < c.points.size(); ++i) {
        const auto x = static_cast<float>(c.points[i]);
        const double exact = function.f(static_cast<double>(x), c.p0, c.p1);
        const float got = function.f(x, static_cast<float>(c.p0), static_cast<float>(c.p1));
        const double condition = std::abs(x * function.df(static_cast<double>(x), exact, c.p0, c.p1));
        const double near_root = c.op == UnaryOp::digamma ? 1e-6 : 1e-37;  // and denormals flush
        EXPECT_NEAR(got, exact, 4e-7 * (std::abs(exact) + condition) + near_root) << c.name << " " << x;
      }
    });
}

}  // namespace
}  // namespace infograd
