// Neural population infomax, acceptance 3: the asymptotic information against exact values.
#include <cmath>

#include <gtest/gtest.h>

#include <infograd/core/error.h>
#include <infograd/losses/ground_truth/neural_population.h>
#include <infograd/ops/creation.h>

namespace infograd::losses::ground_truth {
namespace {

TEST(NeuralPopulation, Acceptance3_LinearGaussian) {
  const LinearGaussianPopulation population{.sigma = tensor({{2, .6}, {.6, 1}}, DType::f64),
                                            .filters = tensor({{1, .5, -1}, {0, 1, 2}}, DType::f64),
                                            .counts = {10, 20, 30},
                                            .noise = .7};
  EXPECT_NEAR(population.information() / 5.088734166703243, 1, 1e-12);
  EXPECT_NEAR(population.fisher_only() / 5.0820761816527575, 1, 1e-12);
}

TEST(NeuralPopulation, Acceptance3_LinearOptimum) {
  EXPECT_NEAR(npi_linear_optimum(144, 1e6) / 636.9005698575313, 1, 1e-12);
  EXPECT_NEAR(npi_linear_optimum(72, 1e6) / 343.40099170882837, 1, 1e-12);
}

TEST(NeuralPopulation, Acceptance3_Poisson) {
  struct Row {
    int64_t neurons;
    double exact, asymptotic, fisher_only;
  };
  const Row rows[] = {{10, 0.300336204942588, 0.318339032438030, -0.278031854255732},
                      {100, 1.069227621612619, 1.046215832786182, 0.873260692241335},
                      {1000, 2.081842901830381, 2.065157306567308, 2.024553238738402},
                      {10000, 3.189565424553061, 3.183704428503071, 3.175845785235468},
                      {100000, 4.329822731248404, 4.328394387325887, 4.327138331732535}};
  for (const Row& row : rows) {
    const PoissonPopulation population{.neurons = row.neurons};
    EXPECT_NEAR(population.asymptotic(), row.asymptotic, 1e-9) << row.neurons;
    EXPECT_NEAR(population.fisher_only(), row.fisher_only, 1e-9) << row.neurons;
    EXPECT_NEAR(population.exact(), row.exact, 1e-9) << row.neurons;
  }
}

/// So steep that half of the inputs silence every neuron: the count is that of rate n / 4, or 0.
TEST(NeuralPopulation, PoissonOfAStep) {
  const PoissonPopulation population{.neurons = 10, .beta = 1e4};
  double information = 0, factorial = 1;
  for (int k = 0; k < 60; ++k) {
    if (k > 0) factorial *= k;
    const double on = std::exp(-2.5) * std::pow(2.5, k) / factorial, off = k == 0 ? 1 : 0;
    const double marginal = (on + off) / 2;
    information += 0.5 * on * std::log(on / marginal) + (off > 0 ? 0.5 * std::log(off / marginal) : 0);
  }
  EXPECT_NEAR(population.exact(), information, 1e-3);
  EXPECT_TRUE(std::isfinite(population.asymptotic()) && std::isfinite(population.fisher_only()));
}

TEST(NeuralPopulation, Mistakes) {
  for (const PoissonPopulation& bad :
       {PoissonPopulation{.neurons = 0}, PoissonPopulation{.beta = 0}, PoissonPopulation{.beta = NAN}}) {
    EXPECT_THROW(bad.exact(), ValueError);
    EXPECT_THROW(bad.asymptotic(), ValueError);
    EXPECT_THROW(bad.fisher_only(), ValueError);
  }
}

}  // namespace
}  // namespace infograd::losses::ground_truth
