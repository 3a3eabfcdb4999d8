// Reductions: values, empty axes, ties, negative axes, integers.
#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include <infograd/core/parallel.h>
#include <infograd/ops/creation.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/random_ops.h>
#include <infograd/ops/reduce.h>
#include <infograd/ops/shape_ops.h>

namespace infograd {
namespace {

const float kInf = std::numeric_limits<float>::infinity();
using Floats = std::vector<float>;

TEST(Reduce, OverAnEmptyAxis) {
  const Tensor x = zeros({2, 0});
  const auto twice = [](float value) { return Floats{value, value}; };
  EXPECT_EQ(sum(x, {1}).to_vector<float>(), twice(0));
  EXPECT_EQ(prod(x, {1}).to_vector<float>(), twice(1));
  EXPECT_EQ(max(x, {1}).to_vector<float>(), twice(-kInf));
  EXPECT_EQ(min(x, {1}).to_vector<float>(), twice(kInf));
  EXPECT_EQ(logsumexp(x, {1}).to_vector<float>(), twice(-kInf));
  EXPECT_EQ(norm(x, 1, {1}).to_vector<float>(), twice(0));
  EXPECT_EQ(norm(x, 2, {1}).to_vector<float>(), twice(0));
  EXPECT_TRUE(std::isnan(mean(x).item()));
  EXPECT_TRUE(std::isnan(var(x).item()));
  EXPECT_FALSE(any(zeros({0}, DType::b8)).item<bool>());
  EXPECT_TRUE(all(zeros({0}, DType::b8)).item<bool>());
  EXPECT_EQ(max(zeros({0}, DType::i64)).item<int64_t>(), std::numeric_limits<int64_t>::min());
  EXPECT_EQ(min(zeros({0}, DType::i64)).item<int64_t>(), std::numeric_limits<int64_t>::max());
  EXPECT_EQ(sum(x, {0}).shape(), (Shape{0}));
  EXPECT_EQ(sum(x, {0}, true).shape(), (Shape{1, 0}));
}

TEST(Reduce, AxesAndShapes) {
  const Tensor x = reshape(arange(24).to(DType::f32), {2, 3, 4});
  EXPECT_EQ(sum(x).item(), 276);
  EXPECT_EQ(sum(x).rank(), 0);
  EXPECT_EQ(sum(x, {-1}).shape(), (Shape{2, 3}));
  EXPECT_EQ(sum(x, {0, -1}).to_vector<float>(), (Floats{60, 92, 124}));
  EXPECT_EQ(sum(x, {2, 0}, true).shape(), (Shape{1, 3, 1}));
  EXPECT_EQ(sum(x, {}, true).shape(), (Shape{1, 1, 1}));
  EXPECT_EQ(sum(scalar(3)).item(), 3);
  EXPECT_EQ(sum(transpose(x, 0, 2), {0, 2}).to_vector<float>(), (Floats{60, 92, 124}));
}

TEST(Reduce, KnownValues) {
  const Tensor x = tensor({1, 2, 3, 4}, DType::f64);
  EXPECT_DOUBLE_EQ(mean(x).item(), 2.5);
  EXPECT_DOUBLE_EQ(var(x).item(), 5.0 / 3);
  EXPECT_DOUBLE_EQ(var(x, {}, 0).item(), 1.25);
  EXPECT_DOUBLE_EQ(std(x, {}, 0).item(), std::sqrt(1.25));
  EXPECT_DOUBLE_EQ(prod(x).item(), 24);
  EXPECT_DOUBLE_EQ(norm(x).item(), std::sqrt(30.0));
  EXPECT_DOUBLE_EQ(norm(-x, 1).item(), 10);
  EXPECT_NEAR(logsumexp(x).item(), 4.440189698561196, 1e-14);
  EXPECT_NEAR(logsumexp(x + 1e4).item(), 1e4 + 4.440189698561196, 1e-11);
  EXPECT_EQ(cumsum(tensor({1, 2, 3}), 0).to_vector<float>(), (Floats{1, 3, 6}));
  EXPECT_EQ(cumsum(tensor({1, 2, 3}), 0, {.exclusive = true}).to_vector<float>(), (Floats{0, 1, 3}));
  EXPECT_EQ(cumsum(tensor({1, 2, 3}), 0, {.reverse = true}).to_vector<float>(), (Floats{6, 5, 3}));
  EXPECT_EQ(cumsum(tensor({1, 2, 3}), -1, {.exclusive = true, .reverse = true}).to_vector<float>(),
            (Floats{5, 3, 0}));
}

TEST(Reduce, IntegersAreExact) {
  const int64_t big = (int64_t{1} << 62) + 1;
  const Tensor x = from_data(std::vector<int64_t>{big, -5, 3}, {3});
  EXPECT_EQ(sum(x).item<int64_t>(), big - 2);
  EXPECT_EQ(max(x).item<int64_t>(), big);
  EXPECT_EQ(min(x).item<int64_t>(), -5);
}

TEST(Reduce, TiesShareTheGradient) {
  Tensor x = tensor({{1, 3, 3}, {2, 2, 2}});
  x.set_requires_grad();
  sum(max(x, {1})).backward();
  const float third = 1.0F / 3;
  EXPECT_EQ(x.grad().to_vector<float>(), (Floats{0, 0.5, 0.5, third, third, third}));
}

TEST(Reduce, ArgmaxTakesTheFirstAndMaxAlongSendsTheGradientThere) {
  Tensor x = tensor({{1, 3, 3}, {2, 2, 2}});
  EXPECT_EQ(argmax(x).to_vector<int64_t>(), (std::vector<int64_t>{1, 0}));
  EXPECT_EQ(argmin(x, 0).to_vector<int64_t>(), (std::vector<int64_t>{0, 1, 1}));
  x.set_requires_grad();
  const MaxAlong best = max_along(x, 1);
  EXPECT_EQ(best.values.to_vector<float>(), (Floats{3, 2}));
  EXPECT_EQ(best.indices.to_vector<int64_t>(), (std::vector<int64_t>{1, 0}));
  EXPECT_EQ(max_along(x, 1, true).values.shape(), (Shape{2, 1}));
  sum(best.values).backward();
  EXPECT_EQ(x.grad().to_vector<float>(), (Floats{0, 1, 0, 1, 0, 0}));
}

TEST(Reduce, AllMaskedLogsumexpHasGradientZero) {
  Tensor x = full({2, 2}, -INFINITY);
  x.set_requires_grad();
  const Tensor y = logsumexp(x, {1});
  EXPECT_EQ(y.to_vector<float>(), (Floats{-kInf, -kInf}));
  sum(y).backward();
  EXPECT_EQ(x.grad().to_vector<float>(), (Floats{0, 0, 0, 0}));
}

TEST(Reduce, GradientAtZeroSpreadAndZeroNormIsZero) {
  Tensor x = ones({3});
  x.set_requires_grad();
  std(x).backward();
  EXPECT_EQ(x.grad().to_vector<float>(), (Floats{0, 0, 0}));
  Tensor z = zeros({3});
  z.set_requires_grad();
  norm(z).backward();
  EXPECT_EQ(z.grad().to_vector<float>(), (Floats{0, 0, 0}));
}

TEST(Reduce, ProductGradientWithZeros) {
  Tensor x = tensor({{0, 2, 3}, {0, 0, 5}});
  x.set_requires_grad();
  sum(prod(x, {1})).backward();
  EXPECT_EQ(x.grad().to_vector<float>(), (Floats{6, 0, 0, 0, 0, 0}));
}

TEST(Reduce, DoesNotDependOnTheThreadCount) {
  Generator generator(3);
  const Tensor x = rand_normal({517, 1031}, 0, 1, DType::f32, generator);
  const int before = num_threads();
  const auto results = [&] {
    return std::vector<Floats>{sum(x).to_vector<float>(), sum(x, {0}).to_vector<float>(),
                               mean(x, {1}).to_vector<float>(), var(x).to_vector<float>(),
                               logsumexp(x, {0}).to_vector<float>()};
  };
  set_num_threads(1);
  const auto one = results();
  set_num_threads(2);
  EXPECT_EQ(results(), one);
  set_num_threads(before);
}

TEST(SumTo, UndoesBroadcasting) {
  const Tensor x = reshape(arange(6).to(DType::f32), {2, 3});
  EXPECT_EQ(sum_to(x, {3}).to_vector<float>(), (Floats{3, 5, 7}));
  EXPECT_EQ(sum_to(x, {2, 1}).to_vector<float>(), (Floats{3, 12}));
  EXPECT_EQ(sum_to(x, {}).item(), 15);
}

}  // namespace
}  // namespace infograd
