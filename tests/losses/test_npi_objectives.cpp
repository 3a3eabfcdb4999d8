// Neural population infomax, acceptance 4 and 6 to 9: what the objectives are, and that they are computed
// accurately.
#include <algorithm>

#include <tests/losses/npi_support.h>

#include <infograd/backends/registry.h>
#include <infograd/core/parallel.h>
#include <infograd/losses/mi/population_infomax/sums.h>
#include <infograd/ops/inplace.h>
#include <infograd/ops/linalg.h>

namespace infograd::losses {
namespace {

using namespace infograd::testing::npi;

using Objective = NpiValue (*)(const Tensor&, const Tensor&, const NpiPopulation&);

/// Largest difference to central differences, relative to the largest entry of the gradient.
double gradient_error(Objective objective, const Tensor& c, const Tensor& x,
                      const NpiPopulation& population) {
  const double step = 1e-5;
  const Tensor gradient = objective(c, x, population).gradient;
  Tensor numeric = zeros(c.shape(), DType::f64);
  for (int64_t i = 0; i < c.numel(); ++i) {
    const auto shifted = [&](double by) {
      Tensor moved = c.clone();
      Tensor entry = slice(reshape(moved, {c.numel()}), 0, i, i + 1);
      add_(entry, by);
      return objective(moved, x, population).value;
    };
    Tensor entry = slice(reshape(numeric, {c.numel()}), 0, i, i + 1);
    // Fourth order, so that the step may be large enough for 1e-7.
    const double near = shifted(step) - shifted(-step), far = shifted(2 * step) - shifted(-2 * step);
    add_(entry, (8 * near - far) / (12 * step));
  }
  return distance(gradient, numeric) / largest(gradient);
}

TEST(NpiObjectives, Acceptance4_GradientsAreThoseOfTheValues) {
  const Tensor x = normal({3, 20}, 1);
  for (const int64_t k1 : {3, 5}) {
    // Not orthonormal: the formulas hold for every c.
    const Tensor c = random_orthonormal(3, k1, 2) + normal({3, k1}, 3) * 0.1;
    const NpiPopulation population{.beta = 1.81 * std::sqrt(static_cast<double>(k1) / 3),
                                   .a = std::sqrt(static_cast<double>(k1) / 3)};
    EXPECT_LT(gradient_error(npi_q_canonical, c, x, population), 1e-7) << "Q, K1 = " << k1;
    EXPECT_LT(gradient_error(npi_q_hat, c, x, population), 1e-7) << "Q_hat, K1 = " << k1;
    if (k1 != 3) continue;
    EXPECT_LT(gradient_error(npi_q1, c, x, population), 1e-7) << "Q1";
    EXPECT_LT(gradient_error(npi_q2, c, x, population), 1e-7) << "Q2";
  }
}

TEST(NpiObjectives, Acceptance4_GradientByTheBias) {
  const Tensor x = normal({3, 20}, 1), c = normal({3, 3}, 2);
  const Tensor bias = tensor({.3, -.5, .1}, DType::f64);
  const Tensor gradient = npi_q1(c, x, {.beta = 1.5, .bias = bias}).bias_gradient;
  for (int64_t k = 0; k < 3; ++k) {
    const auto value = [&](double by) {
      Tensor moved = bias.clone();
      Tensor entry = slice(moved, 0, k, k + 1);
      add_(entry, by);
      return npi_q1(c, x, {.beta = 1.5, .bias = moved}).value;
    };
    EXPECT_NEAR(select(gradient, 0, k).item(), (value(1e-5) - value(-1e-5)) / 2e-5, 1e-8);
  }
}

TEST(NpiObjectives, Acceptance6_QOfSquareFilters) {
  const Tensor x = normal({4, 50}, 4);
  const NpiPopulation population{.beta = 1.81};
  for (uint64_t seed = 0; seed < 5; ++seed) {
    const Tensor c = normal({4, 4}, 10 + seed), u = random_orthonormal(4, 4, 20 + seed);
    // Q of a square c, from the definition, without the short cut through Q2.
    const Tensor y = matmul(transpose(c), x) * 1.81, phi = 1.81 * sigmoid(y) * sigmoid(-y);
    const Tensor weighted = unsqueeze(transpose(phi), 1) * c;  // [M, K0, K1]
    const double q = -mean(linalg::slogdet(weighted).logabsdet).item();
    EXPECT_NEAR(npi_q2(c, x, population).value, q, 1e-10);
    EXPECT_NEAR(npi_q_canonical(c, x, population).value, q, 1e-10);
    EXPECT_NEAR(npi_q_canonical(u, x, population).value, npi_q1(u, x, population).value, 1e-10);
  }
}

TEST(NpiObjectives, Acceptance6_ChainOfBounds) {
  for (uint64_t seed = 0; seed < 5; ++seed) {
    const Tensor x = normal({3, 40}, 30 + seed), c = random_orthonormal(3, 5, 40 + seed);
    const double a = std::sqrt(5.0 / 3), beta = 1.81 * a;
    const Tensor y = matmul(transpose(c), x) * beta, phi = (beta / a) * sigmoid(y) * sigmoid(-y);
    const auto log_det = [&](const Tensor& weight) {  // of c diag(weight) c^T, weight [.., K1]
      return linalg::slogdet(matmul(c * unsqueeze(weight, -2), transpose(c))).logabsdet;
    };
    const double per_sample = mean(log_det(transpose(phi))).item();
    const double of_mean = log_det(mean(phi, {1})).item();
    const double of_square = 0.5 * log_det(mean(square(phi), {1})).item();
    const double q_hat = npi_q_hat(c, x, {.beta = beta, .a = a}).value;
    const double q = npi_q_canonical(c, x, {.beta = beta, .a = a}).value;
    EXPECT_LE(per_sample, of_mean + 1e-12);
    EXPECT_LE(of_mean, -q_hat + 1e-12);
    EXPECT_LE(-q_hat, of_square + 1e-12);
    EXPECT_LE(per_sample, -q + 1e-12);
    EXPECT_LE(-q, of_square + 1e-12);
  }
}

TEST(NpiObjectives, Acceptance6_Invariances) {
  const Tensor x = normal({3, 40}, 50), c = random_orthonormal(3, 5, 51),
               square_c = random_orthonormal(3, 3, 52);
  const NpiPopulation population{.beta = 2.3, .a = 1.3};
  const Tensor permuted =
      concat({slice(c, 1, 3), slice(c, 1, 0, 3)}, 1) * tensor({1, -1, 1, -1, -1}, DType::f64);
  EXPECT_NEAR(npi_q_hat(permuted, x, population).value, npi_q_hat(c, x, population).value, 1e-12);
  const Tensor rotation = random_orthonormal(3, 3, 53);
  EXPECT_NEAR(npi_q1(matmul(rotation, square_c), matmul(rotation, x), population).value,
              npi_q1(square_c, x, population).value, 1e-12);
}

TEST(NpiObjectives, Acceptance7_NaturalDirectionIsInfomaxIca) {
  const Tensor x = normal({4, 30}, 60), c = normal({4, 4}, 61);
  const double beta = 1.81;
  const Tensor gradient = npi_q2(c, x, {.beta = beta}).gradient;
  const Tensor natural = -matmul(c, matmul(transpose(c), gradient));
  const Tensor w = transpose(c), u = matmul(w, x);
  const Tensor score = tanh(u * (beta / 2)) * beta;
  const Tensor ica = matmul(eye(4, DType::f64) - matmul(score, transpose(u)) * (1.0 / 30), w);
  EXPECT_LT(distance(natural, transpose(ica)), 1e-12);
}

/// ln det(c diag(e^log_phi)^2 c^T) by the sum over all subsets of K0 = 3 of 5 columns.
double cauchy_binet(const Tensor& c, const std::vector<double>& log_phi) {
  std::vector<double> terms;
  for (int64_t i = 0; i < 5; ++i)
    for (int64_t j = i + 1; j < 5; ++j)
      for (int64_t k = j + 1; k < 5; ++k) {
        const Tensor part = concat({slice(c, 1, i, i + 1), slice(c, 1, j, j + 1), slice(c, 1, k, k + 1)}, 1);
        const double phis = log_phi[static_cast<size_t>(i)] + log_phi[static_cast<size_t>(j)] +
                            log_phi[static_cast<size_t>(k)];
        terms.push_back(2 * linalg::slogdet(part).logabsdet.item() + 2 * phis);
      }
  const double top = *std::max_element(terms.begin(), terms.end());
  double total = 0;
  for (const double term : terms) total += std::exp(term - top);
  return top + std::log(total);
}

TEST(NpiObjectives, Acceptance8_AccurateWhenSlopesSpanManyOrders) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const Tensor c = random_orthonormal(3, 5, 70 + seed);
    // u = beta c^T x spreads over [-60, 60]: the longest x that keeps the largest |u| there.
    const Tensor direction = normal({3, 1}, 100 + seed), y = matmul(transpose(c), direction);
    const double beta = 60 / largest(y), a = std::sqrt(5.0 / 3);
    std::vector<double> log_phi;
    for (const double u : (y * beta).to_vector<double>())
      log_phi.push_back(std::log(beta / a) - std::abs(u) - 2 * std::log1p(std::exp(-std::abs(u))));
    const double wanted = -0.5 * cauchy_binet(c, log_phi);
    const double got = npi_q_canonical(c, direction, {.beta = beta, .a = a}).value;
    EXPECT_NEAR(got / wanted, 1, 1e-10) << "seed " << seed;
  }
}

TEST(NpiObjectives, Acceptance9_ChunksDoNotMatter) {
  const int64_t m = 53;
  const Tensor x = normal({4, m}, 80), c = random_orthonormal(4, 6, 81), square_c = normal({4, 4}, 82);
  const auto same = [](const NpiValue& a, const NpiValue& b) {
    EXPECT_NEAR(a.value / b.value, 1, 1e-12);
    EXPECT_LT(distance(a.gradient, b.gradient), 1e-12 * largest(b.gradient));
  };
  for (const int64_t chunk : {int64_t{1}, int64_t{7}, m}) {
    same(npi_q_hat(c, x, {.beta = 2, .chunk = chunk}), npi_q_hat(c, x, {.beta = 2}));
    same(npi_q1(square_c, x, {.beta = 2, .chunk = chunk}), npi_q1(square_c, x, {.beta = 2}));
    same(npi_q2(square_c, x, {.beta = 2, .chunk = chunk}), npi_q2(square_c, x, {.beta = 2}));
  }
}

void expect_close(const PopulationSums& a, const PopulationSums& b, double tolerance) {
  EXPECT_LT(distance(a.log_phi, b.log_phi), tolerance * largest(b.log_phi));
  EXPECT_LT(distance(a.phi, b.phi), tolerance * largest(b.phi));
  EXPECT_LT(distance(a.tanh, b.tanh), tolerance);
  EXPECT_LT(distance(a.products, b.products), tolerance * largest(b.products));
}

TEST(NpiObjectives, FusedPassEqualsTheComposedFormula) {
  const Tensor x = normal({5, 1031}, 90), c = normal({5, 7}, 91) * 3, bias = normal({7}, 92);
  for (const SlopeOf slope : {SlopeOf::log_phi, SlopeOf::phi}) {
    const NpiPopulation population{.beta = 2.5, .a = 1.2, .bias = bias, .chunk = 100};
    const PopulationSums fused = population_sums(c, x, population, slope);
    const BackendScope reference("reference");
    expect_close(fused, population_sums(c, x, population, slope), 1e-13);
  }
}

TEST(NpiObjectives, SinglePrecisionProducts) {
  const Tensor x = normal({5, 5000}, 90), c = random_orthonormal(5, 7, 91);
  for (const SlopeOf slope : {SlopeOf::log_phi, SlopeOf::phi}) {
    const NpiPopulation population{.beta = 2.5, .a = 1.2};
    expect_close(population_sums(c.to(DType::f32), x.to(DType::f32), population, slope),
                 population_sums(c, x, population, slope), 1e-5);
  }
}

TEST(NpiObjectives, SameBitsForAnyNumberOfThreads) {
  const Tensor x = normal({24, 9000}, 93), c = random_orthonormal(24, 40, 94);
  const int before = num_threads();
  std::vector<double> bits;
  for (const int threads : {1, 2, 3}) {
    set_num_threads(threads);
    const PopulationSums sums = population_sums(c, x, {.beta = 2}, SlopeOf::phi);
    std::vector<double> now = sums.products.to_vector<double>();
    for (const Tensor& moment : {sums.log_phi, sums.phi, sums.tanh}) {
      const auto values = moment.to_vector<double>();
      now.insert(now.end(), values.begin(), values.end());
    }
    if (threads == 1) bits = now;
    EXPECT_EQ(now, bits) << threads << " threads";
  }
  set_num_threads(before);
}

TEST(NpiObjectives, SingularFiltersAreRefused) {
  const Tensor x = normal({3, 40}, 4);
  for (const int64_t k1 : {3, 5}) {
    const Tensor c = random_orthonormal(3, k1, 9) * tensor({{1}, {1}, {0}}, DType::f64);
    EXPECT_THROW(npi_q_hat(c, x, {}), ValueError) << k1;
    EXPECT_THROW(npi_q_canonical(c, x, {}), ValueError) << k1;
  }
  EXPECT_THROW(polar(ones({2, 3}, DType::f64)), ValueError);
}

TEST(NpiObjectives, Mistakes) {
  const Tensor x = normal({3, 10}, 1), c = normal({3, 5}, 2);
  EXPECT_THROW(npi_q1(c, x, {}), ShapeError);
  EXPECT_THROW(npi_q2(c, x, {}), ShapeError);
  EXPECT_THROW(npi_q_hat(transpose(c), x, {}), ShapeError);
  EXPECT_THROW(npi_q_hat(c.to(DType::f32), x, {}), DTypeError);
  EXPECT_THROW(npi_q_hat(c, x, {.beta = 0}), ValueError);
  EXPECT_THROW(npi_q_hat(c, x, {.chunk = 0}), ValueError);
  EXPECT_THROW(npi_q_hat(c, x, {.bias = zeros({5}, DType::f64)}), ValueError);
  EXPECT_THROW(npi_q1(slice(c, 1, 0, 3), x, {.bias = zeros({5}, DType::f64)}), ShapeError);
  EXPECT_THROW(npi_q2(zeros({3, 3}, DType::f64), x, {}), ValueError);
}

}  // namespace
}  // namespace infograd::losses
