#include <cmath>

#include <gmock/gmock.h>

#include <infograd/core/error.h>
#include <infograd/nn/pca.h>
#include <infograd/nn/probe.h>
#include <infograd/ops/creation.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/index.h>
#include <infograd/ops/matmul.h>
#include <infograd/ops/random_ops.h>
#include <infograd/ops/reduce.h>
#include <infograd/ops/shape_ops.h>

namespace infograd {
namespace {

struct Blobs {
  Tensor x, y;
};
// Three Gaussian classes at the corners of a triangle.
Blobs blobs(int64_t n, double spread, uint64_t seed) {
  Generator generator(seed);
  const Tensor y = rand_integers({n}, 0, 3, generator);
  const Tensor corners = tensor({{0, 0}, {4, 0}, {0, 4}});
  return {index_select(corners, 0, y) + rand_normal({n, 2}, 0, spread, DType::f32, generator), y};
}

TEST(LinearProbe, SeparatesBlobs) {
  const auto train = blobs(600, 0.5, 1), test = blobs(300, 0.5, 2);
  const auto result = nn::linear_probe(train.x, train.y, test.x, test.y, {.classes = 3});
  EXPECT_TRUE(result.converged);
  EXPECT_GT(result.train_accuracy, 0.99);
  EXPECT_GT(result.test_accuracy, 0.99);
}

// Two points, one feature: the optimum w of log(1 + e^-2w') has a closed condition that the fit must satisfy.
// With labels 0, 1 at x = -1, +1 (already standardised) and weights (-u, u): loss = log(1 + e^(-2u)) + decay
// * u^2, minimal where decay * u = 1 / (1 + e^(2u)).
TEST(LinearProbe, FindsTheMinimumOfAKnownProblem) {
  const Tensor x = reshape(tensor({-1, 1}), {2, 1}), y = arange(2);
  const double decay = 0.1;
  const auto result = nn::linear_probe(x, y, x, y, {.classes = 2, .weight_decay = decay, .tolerance = 1e-6});
  double u = 1;
  for (int i = 0; i < 200; ++i) u -= 0.5 * (decay * u - 1 / (1 + std::exp(2 * u)));
  EXPECT_TRUE(result.converged);
  EXPECT_NEAR(result.loss, std::log1p(std::exp(-2 * u)) + decay * u * u, 1e-6);
}

TEST(LinearProbe, IsUnmovedByScaleShiftAndConstantColumns) {
  const auto train = blobs(300, 1.5, 3), test = blobs(200, 1.5, 4);
  const auto widen = [](const Tensor& x) {
    const Tensor constant = ones({x.size(0), 1}) * 5.0;
    return concat({x * 1000.0 + 77.0, constant}, 1);
  };
  const nn::ProbeOptions options{.classes = 3};
  const auto plain = nn::linear_probe(train.x, train.y, test.x, test.y, options);
  const auto moved = nn::linear_probe(widen(train.x), train.y, widen(test.x), test.y, options);
  EXPECT_NEAR(plain.loss, moved.loss, 1e-4);
  EXPECT_NEAR(plain.test_accuracy, moved.test_accuracy, 0.011);
}

TEST(LinearProbe, RejectsBadLabelsAndShapes) {
  const Tensor x = zeros({2, 3}), y = arange(2);
  EXPECT_THROW(nn::linear_probe(x, y, zeros({2, 4}), y, {}), ShapeError);
  EXPECT_THROW(nn::linear_probe(x, arange(3), x, y, {}), ShapeError);
  EXPECT_THROW(nn::linear_probe(x, y, x, y, {.classes = 1}), ValueError);
  EXPECT_THROW(nn::linear_probe(x, tensor({0, 1}), x, y, {}), DTypeError);
}

TEST(LinearProbe, MakesNoAccuracyOfNaN) {
  const auto train = blobs(100, 0.5, 1), test = blobs(50, 0.5, 2);
  for (const double bad : {double{NAN}, double{INFINITY}}) {
    const Tensor broken = masked_fill(train.x, gt(train.x, 4), bad);
    EXPECT_THROW(nn::linear_probe(broken, train.y, test.x, test.y, {.classes = 3}), ValueError);
    EXPECT_THROW(nn::linear_probe(test.x, test.y, broken, train.y, {.classes = 3}), ValueError);
    EXPECT_THROW(nn::knn_accuracy(broken, train.y, test.x, test.y, {.k = 3, .classes = 3}), ValueError);
    EXPECT_THROW(nn::knn_accuracy(test.x, test.y, broken, train.y, {.k = 3, .classes = 3}), ValueError);
  }
}

TEST(Knn, EuclideanDistanceDoesNotSeeAShift) {
  const auto train = blobs(200, 2.5, 6), test = blobs(200, 2.5, 7);
  // Multiples of 1/32: the shifted values are exact.
  const auto grid = [](const Tensor& x, double shift) { return round(x * 32.0) / 32.0 + shift; };
  const auto accuracy = [&](double shift) {
    return nn::knn_accuracy(grid(train.x, shift), train.y, grid(test.x, shift), test.y,
                            {.k = 1, .classes = 3, .metric = nn::Metric::euclidean});
  };
  EXPECT_EQ(accuracy(4096), accuracy(0));
}

TEST(Knn, MajorityOfTheNearestInBothMetrics) {
  const Tensor train = tensor({{1, 0}, {2, 0.1}, {0, 1}, {0.1, 3}, {10, 10.5}}),
               labels = tensor({0, 0, 1, 1, 2}).to(DType::i64);
  const Tensor queries = tensor({{5, 1}, {0, 0.5}, {1, 1}});
  // Cosine: nearest directions are 0, 1 and 2 (10, 10.5). Euclidean, k = 1: (2, 0.1), (0, 1), then a tie of
  // (1, 0) and (0, 1) at distance 1: the lower index.
  const auto accuracy = [&](nn::Metric metric, const std::vector<int64_t>& truth) {
    return nn::knn_accuracy(train, labels, queries, from_data(truth, {3}),
                            {.k = 1, .classes = 3, .metric = metric, .tile = 2});
  };
  EXPECT_EQ(accuracy(nn::Metric::cosine, {0, 1, 2}), 1.0);
  EXPECT_EQ(accuracy(nn::Metric::euclidean, {0, 1, 0}), 1.0);
}

TEST(Knn, EqualVotesGoToTheClassWithTheNearestMember) {
  const Tensor train = reshape(tensor({3, 1, 4, 2}), {4, 1}), labels = tensor({0, 1, 0, 1}).to(DType::i64);
  const Tensor query = reshape(tensor({2.4}), {1, 1});
  const nn::KnnOptions options{.k = 4, .classes = 2, .metric = nn::Metric::euclidean};
  EXPECT_EQ(nn::knn_accuracy(train, labels, query, tensor({1}).to(DType::i64), options),
            1.0);  // 2 is nearest
  EXPECT_THROW(nn::knn_accuracy(train, labels, query, arange(1), {.k = 5}), ValueError);
}

TEST(Pca, FindsTheAxesOfAnEllipse) {
  Generator generator(5);
  const Tensor plain = rand_normal({4000, 2}, 0, 1, DType::f32, generator) * tensor({3, 0.5});
  const double c = std::cos(0.6), s = std::sin(0.6);
  const Tensor x = matmul(plain, tensor({{c, s}, {-s, c}})) + tensor({10, -20});
  const auto result = nn::pca(x, 2);
  const auto v = result.components.to_vector<float>();
  EXPECT_NEAR(v[0], c, 0.01);
  EXPECT_NEAR(v[1], s, 0.01);
  EXPECT_NEAR(v[2], -s, 0.01);
  EXPECT_NEAR(v[3], c, 0.01);
  EXPECT_NEAR(result.variances[0], 9, 0.6);
  EXPECT_NEAR(result.variances[1], 0.25, 0.02);
  const Tensor projected = nn::project(result, x);
  EXPECT_NEAR(mean(projected).item(), 0, 1e-3);
  EXPECT_NEAR(var(slice(projected, 1, 0, 1)).item(), result.variances[0], 1e-2);
}

TEST(Pca, RejectsWhatHasNoAxes) {
  EXPECT_THROW(nn::pca(zeros({1, 2})), ShapeError);
  EXPECT_THROW(nn::pca(zeros({5, 2}), 3), ValueError);
  EXPECT_THROW(nn::pca(tensor({{std::nan(""), 1}, {2, 3}})), ValueError);
}

}  // namespace
}  // namespace infograd
