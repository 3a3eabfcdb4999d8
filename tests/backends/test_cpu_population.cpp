// The fused pass of population infomax against plain loops, at every instruction set (see
// tests/CMakeLists.txt).
#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include <infograd/backends/population_pass.h>
#include <infograd/ops/creation.h>
#include <infograd/ops/random_ops.h>

namespace infograd {
namespace {

struct Wanted {
  std::vector<double> moments, products;
};
/// The definition, term by term.
Wanted by_loops(const Tensor& c, const Tensor& x, const Tensor& bias, double beta, double gain, bool slope) {
  const int64_t k0 = c.size(0), k1 = c.size(1), m = x.size(1);
  const auto cs = c.to(DType::f64).to_vector<double>(), xs = x.to(DType::f64).to_vector<double>(),
             bs = bias.to_vector<double>();
  Wanted wanted{std::vector<double>(static_cast<size_t>(3 * k1)),
                std::vector<double>(static_cast<size_t>(k0 * k1))};
  for (int64_t k = 0; k < k1; ++k)
    for (int64_t j = 0; j < m; ++j) {
      double u = bs[static_cast<size_t>(k)];
      for (int64_t i = 0; i < k0; ++i)
        u += beta * cs[static_cast<size_t>(i * k1 + k)] * xs[static_cast<size_t>(i * m + j)];
      const double e = std::exp(-std::abs(u)), phi = gain * e / ((1 + e) * (1 + e));
      const double weight = -beta * std::tanh(u / 2) * (slope ? phi : 1);
      wanted.moments[static_cast<size_t>(k)] += std::log(gain) - std::abs(u) - 2 * std::log1p(e);
      wanted.moments[static_cast<size_t>(k1 + k)] += phi;
      wanted.moments[static_cast<size_t>(2 * k1 + k)] += std::tanh(u / 2);
      for (int64_t i = 0; i < k0; ++i)
        wanted.products[static_cast<size_t>(i * k1 + k)] += xs[static_cast<size_t>(i * m + j)] * weight;
    }
  return wanted;
}

void expect_close(const Tensor& got, const std::vector<double>& wanted, double tolerance) {
  double scale = 0;
  for (const double value : wanted) scale = std::max(scale, std::abs(value));
  const auto values = got.to_vector<double>();
  for (size_t i = 0; i < wanted.size(); ++i) EXPECT_NEAR(values[i], wanted[i], tolerance * scale) << i;
}

TEST(CpuPopulationPass, EqualsPlainLoops) {
  Generator generator(1);
  for (const DType dtype : {DType::f64, DType::f32})
    for (const int64_t m : {1, 2, 7, 64, 129, 1500})
      for (const bool slope : {false, true}) {
        // Slopes from the flat to the steep part of the response; chunks of one vector, of many, and a rest.
        const Tensor c = rand_normal({3, 5}, 0, 2, dtype, generator),
                     x = rand_normal({3, m}, 0, 2, dtype, generator);
        const Tensor bias = rand_normal({5}, 0, 1, DType::f64, generator);
        const Tensor moments = empty({3, 5}, DType::f64), products = empty({3, 5}, DType::f64);
        population_pass({.filters = ConstView(c),
                         .data = ConstView(x),
                         .bias = ConstView(bias),
                         .beta = 1.7,
                         .gain = 1.3,
                         .weight = slope ? PopulationPass::Weight::slope : PopulationPass::Weight::log_slope,
                         .chunk = 600,
                         .moments = View(moments),
                         .products = View(products)});
        const Wanted wanted = by_loops(c, x, bias, 1.7, 1.3, slope);
        const double tolerance = dtype == DType::f64 ? 1e-13 : 2e-5;
        expect_close(moments, wanted.moments, tolerance);
        expect_close(products, wanted.products, tolerance);
      }
}

TEST(CpuPopulationPass, FarOutResponsesStayFinite) {
  const Tensor c = ones({1, 1}, DType::f64), x = full({1, 5}, 1e4, DType::f64);
  const Tensor moments = empty({3, 1}, DType::f64), products = empty({1, 1}, DType::f64);
  population_pass(
      {.filters = ConstView(c), .data = ConstView(x), .moments = View(moments), .products = View(products)});
  EXPECT_EQ(moments.to_vector<double>(), (std::vector<double>{-5e4, 0, 5}));
  EXPECT_EQ(products.item(), -5e4);
}

}  // namespace
}  // namespace infograd
