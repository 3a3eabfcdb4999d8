// Sizes at which kernels take several strips, chunks, slabs or sorts: a device against the CPU, and against
// itself.
#include <algorithm>
#include <cmath>
#include <functional>

#include <gtest/gtest.h>

#include <infograd/autograd/engine.h>
#include <infograd/core/error.h>
#include <infograd/losses/mi/primitives.h>
#include <infograd/ops/creation.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/histogram.h>
#include <infograd/ops/index.h>
#include <infograd/ops/linalg.h>
#include <infograd/ops/matmul.h>
#include <infograd/ops/pairwise.h>
#include <infograd/ops/random_ops.h>
#include <infograd/ops/reduce.h>
#include <infograd/ops/shape_ops.h>

#include "tests/cuda/need_cuda.h"

namespace infograd::testing {
namespace {

struct Large {
  std::string name;
  DType dtype;
  std::vector<Shape> shapes;  ///< of normal numbers
  std::function<Tensor(const std::vector<Tensor>&)> f;
  bool differentiable = true;
};

/// Three classes, in turn.
Tensor labels(int64_t n, Device device) {
  std::vector<int64_t> values(static_cast<size_t>(n));
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<int64_t>(i % 3);
  return from_data(values, {n}).to(device);
}
Tensor positive_definite(const Tensor& x) {
  const int64_t n = x.size(0);
  return matmul(x, transpose(x)) / static_cast<double>(n) + eye(n, x.dtype(), x.device());
}
Tensor histogram(const std::vector<Tensor>& in, FuzzyHistogramOptions options) {
  options.lo = -3, options.hi = 3;
  return fuzzy_joint_histogram(in[0], in[1], options).joint;
}

std::vector<Large> cases() {
  using In = const std::vector<Tensor>&;
  const Shape images{3, 1, 200, 200}, vectors{6000, 40};
  return {
      {"AllPairs",
       DType::f32,
       {vectors, vectors},
       [](In x) { return losses::all_pairs_lse(x[0], x[1], 0.1); }},
      {"AllPairsWithoutEqualLabels",
       DType::f64,
       {vectors, vectors},
       [](In x) { return losses::all_pairs_lse(x[0], x[1], 0.1, labels(6000, x[0].device())); }},
      {"AllPairsOfScores", DType::f32, {{3000, 3000}}, [](In x) { return losses::all_pairs_lse(x[0]); }},
      {"Histogram", DType::f32, {images, images}, [](In x) { return histogram(x, {}); }},
      {"HistogramInSlabs", DType::f32, {images, images}, [](In x) { return histogram(x, {.bins = 64}); }},
      {"GaussianHistogram",
       DType::f64,
       {images, images},
       [](In x) { return histogram(x, {.membership = Membership::gaussian}); }},
      {"TopKInSeveralSorts", DType::f32, {{3000, 6000}}, [](In x) { return topk(x[0], 5).values; }},
      {"LastOfColumns", DType::f64, {{5000, 40}}, [](In x) { return topk(x[0], 3, 0, false).values; }},
      {"IndicesAtTies",
       DType::f32,
       {{500, 900}},
       [](In x) { return topk(round(x[0]), 50).indices.to(DType::f32); },
       false},
      {"Distances", DType::f32, {{700, 64}}, [](In x) { return squared_distances(x[0]); }},
      {"DistancesToOthers",
       DType::f64,
       {{700, 64}, {500, 64}},
       [](In x) { return squared_distances(x[0], x[1]); }},
      {"Cholesky", DType::f64, {{400, 400}}, [](In x) { return linalg::cholesky(positive_definite(x[0])); }},
      {"Solve",
       DType::f64,
       {{400, 400}, {400, 30}},
       [](In x) { return linalg::solve(positive_definite(x[0]), x[1]); }},
      {"LogDeterminant",
       DType::f64,
       {{400, 400}},
       [](In x) { return linalg::slogdet(positive_definite(x[0])).logabsdet; }},
      {"Eigenvalues",
       DType::f64,
       {{400, 400}},
       [](In x) { return linalg::eigh(positive_definite(x[0])).values; },
       false},
      {"UpperFactor", DType::f64, {{400, 250}}, [](In x) { return linalg::qr(x[0]).r; }, false},
  };
}

/// Value and gradients of a weighted sum, on the host.
std::vector<std::vector<double>> results_on(Device device, const Large& row) {
  Generator generator(7);
  std::vector<Tensor> inputs;
  for (const Shape& shape : row.shapes)
    inputs.push_back(
        rand_normal(shape, 0, 1, row.dtype, generator).to(device).set_requires_grad(row.differentiable));
  const Tensor out = row.f(inputs);
  EXPECT_EQ(out.device(), device);
  std::vector<std::vector<double>> results = {out.detach().to(cpu).to(DType::f64).to_vector<double>()};
  if (!row.differentiable) return results;
  const Tensor weights = rand_normal(out.shape(), 0, 1, row.dtype, generator).to(device);
  for (const Tensor& g : grad(sum(out * weights), inputs))
    results.push_back(g.to(cpu).to(DType::f64).to_vector<double>());
  return results;
}

class LargeOnDevice : public ::testing::TestWithParam<Large> {};

TEST_P(LargeOnDevice, AgreesWithTheCpuAndWithItself) {
  NEED_CUDA();
  const Large& row = GetParam();
  const auto expected = results_on(cpu, row), actual = results_on(Device::cuda(), row);
  const double tolerance = row.dtype == DType::f64 ? 1e-9 : 1e-4;  // of the largest: sums of thousands
  ASSERT_EQ(actual.size(), expected.size());
  for (size_t k = 0; k < expected.size(); ++k) {
    ASSERT_EQ(actual[k].size(), expected[k].size());
    double largest = 0, worst = 0;
    for (const double e : expected[k]) largest = std::max(largest, std::abs(e));
    for (size_t i = 0; i < expected[k].size(); ++i) {
      const double apart = std::abs(actual[k][i] - expected[k][i]);
      if (!(apart <= worst)) worst = apart;  // a NaN too
    }
    EXPECT_LE(worst, tolerance * largest) << (k == 0 ? "value" : "gradient");
  }
  EXPECT_EQ(results_on(Device::cuda(), row), actual) << "two runs give the same bits";
}

INSTANTIATE_TEST_SUITE_P(All, LargeOnDevice, ::testing::ValuesIn(cases()),
                         [](const auto& row) { return row.param.name; });

TEST(ErrorsOnDevice, OfFactorisations) {
  NEED_CUDA();
  const Tensor singular = zeros({3, 3}, DType::f64, Device::cuda());
  EXPECT_THROW(linalg::cholesky(singular), ValueError);
  EXPECT_THROW(linalg::solve(singular, ones({3, 1}, DType::f64, Device::cuda())), ValueError);
  EXPECT_EQ(linalg::slogdet(singular).sign.item(), 0);
  EXPECT_EQ(linalg::slogdet(singular).logabsdet.item(), -INFINITY);
}

}  // namespace
}  // namespace infograd::testing
