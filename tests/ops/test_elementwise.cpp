// Values, kinks, masks and dtypes of the element-wise ops. Derivatives in general: op_cases.h.
#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include <infograd/ops/creation.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/reduce.h>
#include <infograd/ops/shape_ops.h>

namespace infograd {
namespace {

const double kInf = std::numeric_limits<double>::infinity();
const double kNan = std::numeric_limits<double>::quiet_NaN();
using Floats = std::vector<float>;
using Bools = std::vector<bool>;

Floats gradient_of(const std::function<Tensor(const Tensor&)>& f, Tensor x) {
  x.set_requires_grad();
  sum(f(x)).backward();
  return x.grad().to_vector<float>();
}

TEST(Elementwise, KnownValues) {
  struct Known {
    Tensor (*f)(const Tensor&);
    double x, y;
  };
  for (const Known& known : std::vector<Known>{{neg, 2, -2},
                                               {abs, -2.5, 2.5},
                                               {sign, -7, -1},
                                               {sqrt, 2, 1.4142135623730951},
                                               {rsqrt, 4, 0.5},
                                               {exp, 1, 2.718281828459045},
                                               {expm1, 1e-10, 1.00000000005e-10},
                                               {log, 10, 2.302585092994046},
                                               {log1p, 1e-10, 9.9999999995e-11},
                                               {sin, 1, 0.8414709848078965},
                                               {cos, 1, 0.5403023058681398},
                                               {tanh, 0.5, 0.46211715726000975},
                                               {sigmoid, -2, 0.11920292202211755},
                                               {softplus, 0, 0.6931471805599453},
                                               {relu, -1, 0},
                                               {silu, 1, 0.7310585786300049},
                                               {erf, 0.5, 0.5204998778130465},
                                               {floor, -1.5, -2},
                                               {ceil, -1.5, -1},
                                               {round, 2.5, 2},
                                               {round, -1.5, -2},
                                               {square, -3, 9},
                                               {reciprocal, 8, 0.125},
                                               {lgamma, 0.5, 0.5723649429247001},
                                               {digamma, 1, -0.5772156649015329},
                                               {trigamma, 1, 1.6449340668482264}}) {
    const double y = known.f(scalar(known.x, DType::f64)).item<double>();
    EXPECT_NEAR(y, known.y, 1e-14 * std::abs(known.y)) << known.x;
  }
  const Tensor x = scalar(1.5, DType::f64);
  EXPECT_NEAR(gelu(x).item<double>(), 1.3997891980967129, 1e-14);
  EXPECT_NEAR(gelu(x, GeluForm::tanh).item<double>(), 1.3995715769802328, 1e-14);
  EXPECT_NEAR(elu(-x, 2).item<double>(), 2 * std::expm1(-1.5), 1e-15);
  EXPECT_DOUBLE_EQ(leaky_relu(-x, 0.1).item<double>(), -0.15000000000000002);
  EXPECT_DOUBLE_EQ(pow(x, 3).item<double>(), 3.375);
  EXPECT_DOUBLE_EQ((2 / x).item<double>(), 2 * (1 / 1.5));
}

TEST(Elementwise, StaysFiniteAtExtremeLogits) {
  const Tensor x = tensor({-1e4, 1e4});
  EXPECT_EQ(sigmoid(x).to_vector<float>(), (Floats{0, 1}));
  EXPECT_EQ(softplus(x).to_vector<float>(), (Floats{0, 1e4F}));
  EXPECT_EQ(tanh(x).to_vector<float>(), (Floats{-1, 1}));
  EXPECT_EQ(gradient_of(softplus, x.clone()), (Floats{0, 1}));
  EXPECT_EQ(gradient_of(sigmoid, x.clone()), (Floats{0, 0}));
  EXPECT_EQ(gradient_of(silu, x.clone()), (Floats{0, 1}));
}

TEST(Elementwise, KinksHaveTheDocumentedGradient) {
  const Tensor at = tensor({-1, 0, 1});
  EXPECT_EQ(gradient_of(relu, at.clone()), (Floats{0, 0, 1}));
  EXPECT_EQ(gradient_of(abs, at.clone()), (Floats{-1, 0, 1}));
  EXPECT_EQ(gradient_of(sign, at.clone()), (Floats{0, 0, 0}));
  EXPECT_EQ(gradient_of(floor, at.clone()), (Floats{0, 0, 0}));
  EXPECT_EQ(gradient_of([](const Tensor& x) { return clamp(x, -1, 0); }, at.clone()), (Floats{1, 1, 0}));
  EXPECT_EQ(gradient_of([](const Tensor& x) { return leaky_relu(x, 0.5); }, at.clone()),
            (Floats{0.5, 0.5, 1}));
  EXPECT_EQ(gradient_of([](const Tensor& x) { return pow(x, 0); }, at.clone()), (Floats{0, 0, 0}));
  EXPECT_EQ(gradient_of([](const Tensor& x) { return maximum(x, zeros({3})); }, at.clone()),
            (Floats{0, 0.5, 1}));
  EXPECT_EQ(gradient_of([](const Tensor& x) { return minimum(x, zeros({3})); }, at.clone()),
            (Floats{1, 0.5, 0}));
}

TEST(Elementwise, ClampWithCrossedBoundsGivesTheUpperOne) {
  EXPECT_EQ(clamp(tensor({-5, 0, 5}), 2, 1).to_vector<float>(), (Floats{1, 1, 1}));
}

TEST(Elementwise, PowAtZeroHasFiniteGradients) {
  Tensor x = tensor({0, 2}), e = tensor({0, 0});
  x.set_requires_grad();
  e.set_requires_grad();
  sum(pow(x, e)).backward();
  EXPECT_EQ(x.grad().to_vector<float>(), (Floats{0, 0}));
  EXPECT_EQ(e.grad().to_vector<float>(), (Floats{0, std::log(2.0F)}));
}

TEST(Elementwise, NanReachesTheResult) {
  const Tensor nan = scalar(kNan), one = scalar(1);
  const std::vector<std::pair<std::string, Tensor>> results = {{"maximum(nan, 1)", maximum(nan, one)},
                                                               {"maximum(1, nan)", maximum(one, nan)},
                                                               {"minimum(nan, 1)", minimum(nan, one)},
                                                               {"minimum(1, nan)", minimum(one, nan)},
                                                               {"relu", relu(nan)},
                                                               {"sign", sign(nan)},
                                                               {"clamp", clamp(nan, 0, 1)}};
  for (const auto& [name, y] : results) EXPECT_TRUE(std::isnan(y.item())) << name;
}

TEST(Compare, NanIsUnequalToEverything) {
  const Tensor a = tensor({1, kNan, 2}), b = tensor({1, kNan, 3});
  EXPECT_EQ(eq(a, b).to_vector<bool>(), (Bools{true, false, false}));
  EXPECT_EQ(ne(a, b).to_vector<bool>(), (Bools{false, true, true}));
  EXPECT_EQ(le(a, b).to_vector<bool>(), (Bools{true, false, true}));
  EXPECT_EQ(gt(a, 1).to_vector<bool>(), (Bools{false, false, true}));
  EXPECT_EQ(isfinite(tensor({1, kNan, -kInf})).to_vector<bool>(), (Bools{true, false, false}));
}

TEST(Compare, ScalarAdoptsTheDType) {
  EXPECT_TRUE(eq(scalar(0.1), 0.1).item<bool>());  // 0.1 is rounded to f32 first
  EXPECT_EQ(gt(arange(4), 1).to_vector<bool>(), (Bools{false, false, true, true}));
}

TEST(Where, TheSideNotTakenGetsZeroEvenForNan) {
  // The classic trap: sqrt'(0) = inf, times a zero mask, is NaN.
  Tensor x = tensor({0, 4});
  x.set_requires_grad();
  sum(where(gt(x, 0), sqrt(x), x * 0)).backward();
  EXPECT_TRUE(std::isnan(
      x.grad().to_vector<float>()[0]));  // sqrt itself turns 0 * inf into NaN: guard its input, too
  x.zero_grad();
  const Tensor safe = masked_fill(x, le(x, 0), 1);
  sum(where(gt(x, 0), sqrt(safe), x * 0)).backward();
  EXPECT_EQ(x.grad().to_vector<float>(), (Floats{0, 0.25}));

  // A NaN gradient that arrives on the side not taken is dropped, not multiplied by 0.
  Tensor a = tensor({1, 2}), b = tensor({3, 4});
  a.set_requires_grad();
  b.set_requires_grad();
  where(tensor({1, 0}, DType::b8), a, b).backward(tensor({kNan, kInf}));
  EXPECT_EQ(a.grad().to_vector<float>()[1], 0);
  EXPECT_EQ(b.grad().to_vector<float>()[0], 0);
  EXPECT_TRUE(std::isinf(b.grad().to_vector<float>()[1]));

  Tensor c = tensor({1, 2});
  c.set_requires_grad();
  masked_fill(c, tensor({1, 0}, DType::b8), 0).backward(tensor({kNan, 5}));
  EXPECT_EQ(c.grad().to_vector<float>(), (Floats{0, 5}));
}

TEST(Broadcasting, FollowsNumPyAndSumsGradientsBack) {
  Tensor column = reshape(tensor({1, 2}), {2, 1}), row = tensor({10, 20, 30});
  column.set_requires_grad();
  row.set_requires_grad();
  const Tensor y = column * row;
  EXPECT_EQ(y.shape(), (Shape{2, 3}));
  EXPECT_EQ(y.to_vector<float>(), (Floats{10, 20, 30, 20, 40, 60}));
  sum(y).backward();
  EXPECT_EQ(column.grad().shape(), (Shape{2, 1}));
  EXPECT_EQ(column.grad().to_vector<float>(), (Floats{60, 60}));
  EXPECT_EQ(row.grad().to_vector<float>(), (Floats{3, 3, 3}));
}

TEST(Broadcasting, ZeroSizeAndScalars) {
  EXPECT_EQ((zeros({0, 3}) + ones({3})).shape(), (Shape{0, 3}));
  EXPECT_EQ((zeros({0, 1}) + ones({1, 4})).shape(), (Shape{0, 4}));
  EXPECT_EQ((scalar(1) + scalar(2)).rank(), 0);
  EXPECT_EQ((scalar(1) + ones({2, 0})).shape(), (Shape{2, 0}));
}

TEST(Layout, ElementwiseResultsStayChannelsLast) {
  const Tensor image = to_channels_last(ones({2, 3, 4, 5}));
  const Strides strides = image.strides();
  EXPECT_EQ(relu(image).strides(), strides);
  EXPECT_EQ((image * 2 + 1).strides(), strides);
  EXPECT_EQ((image + image).strides(), strides);
  EXPECT_EQ((image + ones({3, 1, 1})).strides(), strides);
  EXPECT_EQ((ones({3, 1, 1}) * image).strides(), strides);
  EXPECT_EQ(gt(image, 0).strides(), strides);
  EXPECT_EQ(where(gt(image, 0), image, 0).strides(), strides);
  EXPECT_EQ(zeros_like(image).strides(), strides);
  EXPECT_EQ(image.to(DType::bf16).strides(), strides);
  EXPECT_EQ(image.clone().strides(), strides);
  EXPECT_TRUE(image.contiguous().is_contiguous());
  EXPECT_TRUE(relu(slice(image, 3, 0, 3)).is_contiguous());  // gaps: nothing worth keeping
}

}  // namespace
}  // namespace infograd
