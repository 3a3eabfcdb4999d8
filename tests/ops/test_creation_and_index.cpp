// Creation, random tensors and indexing: values and edge cases.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include <gtest/gtest.h>

#include <infograd/autograd/engine.h>
#include <infograd/ops/creation.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/index.h>
#include <infograd/ops/random_ops.h>
#include <infograd/ops/reduce.h>
#include <infograd/ops/shape_ops.h>

namespace infograd {
namespace {

using Floats = std::vector<float>;
using Ints = std::vector<int64_t>;

TEST(Creation, Values) {
  EXPECT_EQ(arange(4).to_vector<int64_t>(), (Ints{0, 1, 2, 3}));
  EXPECT_EQ(arange(5, 0, -2).to_vector<int64_t>(), (Ints{5, 3, 1}));
  EXPECT_EQ(arange(3, 3).numel(), 0);
  EXPECT_EQ(linspace(0, 1, 5).to_vector<float>(), (Floats{0, 0.25, 0.5, 0.75, 1}));
  EXPECT_EQ(linspace(0.1, 0.7, 7, DType::f64).to_vector<double>().back(), 0.7);
  EXPECT_EQ(linspace(2, 3, 1).to_vector<float>(), (Floats{2}));
  EXPECT_EQ(eye(2).to_vector<float>(), (Floats{1, 0, 0, 1}));
  EXPECT_EQ(scalar(2).rank(), 0);
  EXPECT_EQ(tensor({{1, 2, 3}, {4, 5, 6}}).shape(), (Shape{2, 3}));
  EXPECT_EQ(tensor({{1}, {2}}).shape(), (Shape{2, 1}));
  EXPECT_EQ(tensor({{1.5}}).shape(), (Shape{1, 1}));
  EXPECT_EQ(tensor({1, 2.5F, int64_t{3}}, DType::f64).to_vector<double>(), (std::vector<double>{1, 2.5, 3}));
  EXPECT_EQ(full_like(tensor({1, 2}, DType::i64), 7).to_vector<int64_t>(), (Ints{7, 7}));
}

TEST(Random, IsRepeatableAndAdvances) {
  Generator a(5), b(5);
  const Floats first = rand_normal({9}, 0, 1, DType::f32, a).to_vector<float>();
  EXPECT_EQ(rand_normal({9}, 0, 1, DType::f32, b).to_vector<float>(), first);
  EXPECT_NE(rand_normal({9}, 0, 1, DType::f32, a).to_vector<float>(), first);
}

// Element i depends on position and i only: a longer draw starts with the shorter one.
TEST(Random, ElementsAreIndexed) {
  Generator a(5), b(5);
  const Floats few = rand_uniform({5}, 0, 1, DType::f32, a).to_vector<float>();
  Floats many = rand_uniform({50, 3}, 0, 1, DType::f32, b).to_vector<float>();
  many.resize(5);
  EXPECT_EQ(many, few);
}

// Mean and variance of n draws lie within five standard errors.
TEST(Random, HasTheRightMoments) {
  Generator generator(11);
  const int64_t n = 100000;
  const auto expect_moments = [&](const Tensor& x, double expected_mean, double expected_var) {
    EXPECT_NEAR(mean(x).item(), expected_mean, 5 * std::sqrt(expected_var / static_cast<double>(n)));
    EXPECT_NEAR(var(x).item(), expected_var, expected_var * 0.03);
  };
  expect_moments(rand_uniform({n}, -1, 3, DType::f64, generator), 1, 16.0 / 12);
  expect_moments(rand_normal({n}, 2, 3, DType::f64, generator), 2, 9);
  expect_moments(rand_bernoulli({n}, 0.2, DType::f64, generator), 0.2, 0.16);
  expect_moments(rand_integers({n}, 0, 10, generator).to(DType::f64), 4.5, 8.25);
}

TEST(Random, StaysInRange) {
  Generator generator(1);
  const Tensor u = rand_uniform({100000}, 0, 1, DType::f32, generator);
  EXPECT_GE(min(u).item(), 0);
  EXPECT_LT(max(u).item(), 1);
  const Tensor k = rand_integers({10000}, -3, 4, generator);
  EXPECT_EQ(min(k).item<int64_t>(), -3);
  EXPECT_EQ(max(k).item<int64_t>(), 3);
}

TEST(Random, PermutationHoldsEachNumberOnce) {
  Generator generator(2);
  Ints p = rand_permutation(100, generator).to_vector<int64_t>();
  EXPECT_FALSE(std::is_sorted(p.begin(), p.end()));
  std::sort(p.begin(), p.end());
  Ints expected(100);
  std::iota(expected.begin(), expected.end(), 0);
  EXPECT_EQ(p, expected);
  EXPECT_EQ(rand_permutation(0, generator).numel(), 0);
}

TEST(Index, NegativeIndicesCountFromTheEnd) {
  const Tensor x = tensor({{1, 2, 3}, {4, 5, 6}});
  EXPECT_EQ(gather(x, 1, tensor({{-1, 0}, {1, -3}}, DType::i64)).to_vector<float>(), (Floats{3, 1, 5, 4}));
  EXPECT_EQ(index_select(x, -1, tensor({2, -3, 2}, DType::i64)).to_vector<float>(),
            (Floats{3, 1, 3, 6, 4, 6}));
  EXPECT_EQ(one_hot(tensor({-1, 0}, DType::i64), 3).to_vector<float>(), (Floats{0, 0, 1, 1, 0, 0}));
}

TEST(Index, RepeatedIndicesAddTheirGradients) {
  Tensor x = tensor({1, 2, 3});
  x.set_requires_grad();
  sum(index_select(x, 0, tensor({0, 2, 0, -1}, DType::i64)) * tensor({1, 10, 100, 1000})).backward();
  EXPECT_EQ(x.grad().to_vector<float>(), (Floats{101, 0, 1010}));
  x.zero_grad();
  sum(gather(x, 0, tensor({1, 1, 1}, DType::i64))).backward();
  EXPECT_EQ(x.grad().to_vector<float>(), (Floats{0, 3, 0}));
}

TEST(Index, TopKIsSortedAndTakesTheLowerIndexAtTies) {
  const Tensor x = tensor({{3, 1, 3, 2}, {0, 0, 0, 0}});
  const TopK best = topk(x, 3);
  EXPECT_EQ(best.values.to_vector<float>(), (Floats{3, 3, 2, 0, 0, 0}));
  EXPECT_EQ(best.indices.to_vector<int64_t>(), (Ints{0, 2, 3, 0, 1, 2}));
  EXPECT_EQ(topk(x, 2, -1, false).indices.to_vector<int64_t>(), (Ints{1, 3, 0, 1}));
  EXPECT_EQ(topk(x, 0).values.shape(), (Shape{2, 0}));
}

TEST(Index, OneHotOffRows) {
  EXPECT_EQ(one_hot(tensor({5, 1, -9}, DType::i64), 2, DType::i64, OutOfRange::zero).to_vector<int64_t>(),
            (Ints{0, 0, 0, 1, 0, 0}));
}

TEST(EngineOps, FirstNonfiniteCountsRowMajor) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(detail::engine_first_nonfinite(tensor({1, 2})), -1);
  EXPECT_EQ(detail::engine_first_nonfinite(tensor({{1, 2, 3}, {4, nan, nan}})), 4);
  EXPECT_EQ(detail::engine_first_nonfinite(transpose(tensor({{1, nan, 3}, {4, 5, 6}}))), 2);
  EXPECT_EQ(detail::engine_first_nonfinite(arange(3)), -1);
  EXPECT_EQ(detail::engine_first_nonfinite(zeros({0})), -1);
}

}  // namespace
}  // namespace infograd
