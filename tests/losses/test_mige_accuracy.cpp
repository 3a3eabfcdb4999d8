// MIGE, acceptance 8, 9, 11 and 14: how good the estimates are, against the tables of the specification.
#include <infograd/ops/linalg.h>

#include "tests/losses/mige_support.h"

namespace infograd::losses {
namespace {

using namespace mige_test;

TEST(MigeAccuracy, Item8_ScoresOfNormalSamples) {
  struct Row {
    int64_t d;
    double j, relative, slope;
  };
  for (const Row& row : {Row{2, 9, 0.29, 0.97}, Row{10, 69, 0.61, 0.98}, Row{20, 142, 0.71, 0.96}}) {
    double j = 0, relative = 0, slope = 0;
    for (uint64_t seed = 0; seed < 5; ++seed) {
      const Tensor x = normal({256, row.d}, seed);
      SsgeInfo info;
      const Tensor s = ssge_score(x, {}, &info);
      j += static_cast<double>(info.J) / 5;
      relative += std::sqrt(sum(square(s + x)).item() / sum(square(x)).item()) / 5;
      slope += -sum(s * x).item() / sum(square(x)).item() / 5;
    }
    EXPECT_NEAR(j, row.j, std::max(1.0, 0.1 * row.j)) << row.d;
    EXPECT_NEAR(relative, row.relative, 0.08) << row.d;
    EXPECT_NEAR(slope, row.slope, 0.05) << row.d;
  }
}

/// Means over seeds, in the bands of section 8.1.
void expect_bands(int64_t seeds, int64_t smallest_d) {
  struct Row {
    int64_t d;
    double rmse, rmse_sd, slope, white_slope;
  };
  for (const Row& row : {Row{2, .141, .017, .950, .961}, Row{8, .472, .049, .944, .965},
                         Row{16, 1.661, .083, .890, .956}, Row{32, 8.086, .069, .730, .926}}) {
    if (row.d < smallest_d) continue;
    double rmse = 0, slope = 0, white_slope = 0;
    for (int64_t seed = 0; seed < seeds; ++seed) {
      const double share = 1 / static_cast<double>(seeds);
      const Curve plain = toy_curve(row.d, static_cast<uint64_t>(seed));
      rmse += plain.rmse * share;
      slope += plain.slope * share;
      white_slope += share * toy_curve(row.d, static_cast<uint64_t>(seed),
                                       {.score = {.estimator = MigeEstimator::whitened_ssge}})
                                 .slope;
    }
    EXPECT_NEAR(rmse, row.rmse, 4 * row.rmse_sd) << row.d;
    EXPECT_NEAR(slope, row.slope, 0.03) << row.d;
    EXPECT_NEAR(white_slope, row.white_slope, 0.03) << row.d;
    // Item 11
    if (row.d >= 16) {
      EXPECT_GT(white_slope, slope) << row.d;
    }
    if (row.d == 32) {
      EXPECT_GT(white_slope, slope + 0.1);
    }
  }
}

TEST(MigeAccuracy, Item9_Item11_ToyBands) {
  expect_bands(1, 16);
}
// Labelled slow; with MINE beside it: examples/mige_toy.
TEST(MigeAccuracy, DISABLED_Item9_ToyBandsOfTenSeeds) {
  expect_bands(10, 2);
}

TEST(MigeAccuracy, Item14_LinearChannel) {
  constexpr int64_t m = 256;
  constexpr double noise = 0.7;
  for (const int64_t d : {2, 5, 10}) {
    for (uint64_t seed = 0; seed < 2; ++seed) {
      Generator generator(100 + seed);
      const Tensor x = normal({m, d}, generator), eps = normal({m, d}, generator);
      // Singular values 0.5 .. 1.5.
      const Tensor left = linalg::qr(normal({d, d}, generator)).q,
                   right = linalg::qr(normal({d, d}, generator)).q;
      Tensor a = matmul(left * linspace(0.5, 1.5, d, DType::f64), right).detach(), s = parameter(noise);
      a.set_requires_grad();
      const Tensor surrogate =
          mige_mi_gaussian(linear(x, a) + eps * s, log(s) + zeros({m, d}, DType::f64)).surrogate;
      const std::vector<Tensor> g = grad(surrogate, {a, s});
      const Tensor covariance =
          matmul(a.detach(), transpose(a.detach())) + eye(d, DType::f64) * (noise * noise);
      const Tensor inverse = linalg::inverse(covariance), exact = matmul(inverse, a.detach());
      EXPECT_LT(norm(g[0] - exact).item() / norm(exact).item(), 0.3) << d;
      const double exact_s =
          noise * sum(inverse * eye(d, DType::f64)).item() - static_cast<double>(d) / noise;
      EXPECT_NEAR(g[1].item() / exact_s, 1, 0.15) << d;
    }
  }
}

TEST(MigeAccuracy, Item14_CubicToy) {
  for (const int64_t d : {5, 10}) {
    for (const double at : {0.3, 0.6, 0.8}) {
      Generator generator(7);
      double mean = 0;
      for (int repeat = 0; repeat < 4; ++repeat) {
        const Toy toy(256, d, generator);
        const Tensor rho = parameter(at), y = toy.y(rho);
        mean += grad(mige_mi(toy.x, y * y * y).surrogate, {rho})[0].item() / 4;
      }
      const double ratio = mean / (static_cast<double>(d) * at / (1 - at * at));
      EXPECT_GT(ratio, 0.4) << d << " " << at;
      EXPECT_LT(ratio, 1.5) << d << " " << at;
    }
  }
}

TEST(MigeAccuracy, ProjectionOfXShrinksTheGradientAsItShould) {  // section 8.5: exact 0.94 k
  const std::vector<std::pair<int64_t, double>> table{{1, 0.81}, {4, 3.25}, {8, 6.4}, {16, 12.1}, {32, 18.5}};
  for (const auto& [k, wanted] : table) {
    Generator generator(21);
    double mean = 0;
    for (uint64_t repeat = 0; repeat < 6; ++repeat)
      mean += toy_gradient(Toy(256, 32, generator), 0.6, {.rp_dim = k, .rp_seed = repeat}) / 6;
    EXPECT_NEAR(mean / wanted, 1, 0.15) << k;
  }
}

TEST(MigeAccuracy, ScaleOfADeterministicEncoder) {  // section 2.2
  const int64_t d = 4;
  double before = 1e9;
  for (const double scale : {0.5, 1.0, 2.0}) {
    const Tensor x = normal({256, d}, 11), a = parameter(scale);
    const double slope = grad(mige_mi(x, x * a).surrogate, {a})[0].item() / static_cast<double>(d);
    EXPECT_GT(slope, 0) << "the finite gradient says: larger";
    EXPECT_LT(slope, before);
    before = slope;
  }
}

}  // namespace
}  // namespace infograd::losses
