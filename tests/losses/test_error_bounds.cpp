// MILC, acceptance 8 and 10: Fano and its relatives against channels and tables where everything is known.
#include <algorithm>
#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include <infograd/core/error.h>
#include <infograd/core/generator.h>
#include <infograd/losses/mi/milc/error_bounds.h>

namespace infograd::losses {
namespace {

constexpr double kTolerance = 1e-12;
const double kLogTwo = std::log(2.0);

/// H(Y | X) and I of the C-ary symmetric channel, uniform input.
double symmetric_information(int classes, double e) {
  return std::log(static_cast<double>(classes)) - fano_phi(e, classes);
}

TEST(ErrorBounds, Acceptance8_BinarySymmetricChannel) {
  const std::vector<std::pair<double, double>> rows{{.01, 0.63714564620509797},
                                                    {.1, 0.36806420716849707},
                                                    {.11, 0.34663184364127916},
                                                    {.25, 0.13081203594113696},
                                                    {.5, 0}};
  for (const auto& [e, information] : rows) {
    EXPECT_NEAR(symmetric_information(2, e), information, kTolerance);
    // At 1/2 phi is flat: an entropy right to 1e-16 fixes the error to 1e-8 only.
    EXPECT_NEAR(error_bounds(kLogTwo, information, 2).fano_tight, e, e == .5 ? 1e-8 : kTolerance);
  }
  EXPECT_NEAR(0.36806420716849707 / kLogTwo, 0.53100440641071878, kTolerance);
}

TEST(ErrorBounds, Acceptance8_SymmetricChannels) {
  EXPECT_NEAR(symmetric_information(10, .1), 1.7577796618689755, kTolerance);
  EXPECT_NEAR(symmetric_information(3, .2), 0.45958042901793275, kTolerance);
  EXPECT_NEAR(symmetric_information(10, .05), 1.9942086207813622, kTolerance);
  EXPECT_NEAR(symmetric_information(100, .3), 2.6157699288928209, kTolerance);
  EXPECT_NEAR(fano_phi(.3, 100), 1.9894002570952704, kTolerance);
  const ErrorBounds b = error_bounds(std::log(100.0), 2.6157699288928209, 100);
  EXPECT_NEAR(b.fano_tight, .3, kTolerance);
  EXPECT_NEAR(b.fano_weak, 0.28209342058779124, kTolerance);
  EXPECT_NEAR(b.fano_weakest, 0.28147777914470263, kTolerance);
  Generator generator(1);
  for (int i = 0; i < 100; ++i) {
    const int classes = 2 + static_cast<int>(generator.below(200));
    const double e = 0.9 * generator.uniform() * (classes - 1) / classes;
    const double entropy = std::log(static_cast<double>(classes));
    EXPECT_NEAR(error_bounds(entropy, entropy - fano_phi(e, classes), classes).fano_tight, e, kTolerance);
  }
}

TEST(ErrorBounds, Acceptance8_AsymmetricInput) {
  const double flip = .1, prior = .3, observed = prior * (1 - flip) + (1 - prior) * flip;
  const double information = fano_phi(observed, 2) - fano_phi(flip, 2);
  EXPECT_NEAR(fano_phi(prior, 2), 0.61086430205489346, kTolerance);
  EXPECT_NEAR(fano_phi(observed, 2), 0.64103547788115564, kTolerance);
  EXPECT_NEAR(information, 0.31595250448970740, kTolerance);
  EXPECT_NEAR(fano_phi(prior, 2) - information, 0.29491179756518607, kTolerance);
  EXPECT_NEAR(error_bounds(fano_phi(prior, 2), information, 2).fano_tight, 0.086732364567247892, kTolerance);
}

TEST(ErrorBounds, Acceptance8_UniformTenClasses) {
  const std::vector<double> information{0, .5, 1, 1.5, 2, 2.2, std::log(10.0)};
  const std::vector<double> tight{.9,
                                  0.50494925044905176,
                                  0.31078277345504179,
                                  0.16295467223992433,
                                  0.048876240979552970,
                                  0.013715366135697956,
                                  0};
  const std::vector<double> weak{
      0.73248676035896358, 0.50492695370225424, 0.27736714704554489, 0.049807340388835538, 0, 0, 0};
  for (size_t i = 0; i < tight.size(); ++i) {
    const ErrorBounds b = error_bounds(std::log(10.0), information[i], 10);
    EXPECT_NEAR(b.fano_tight, tight[i], kTolerance);
    EXPECT_NEAR(b.fano_weak, weak[i], kTolerance);
  }
}

TEST(ErrorBounds, Acceptance8_RoundTrip) {
  for (const int classes : {2, 3, 10, 1000}) {
    const double top = std::log(static_cast<double>(classes));
    for (int i = 0; i <= 100; ++i) {
      const double h = top * i / 100;
      EXPECT_NEAR(fano_phi(fano_phi_inverse(h, classes), classes), h, kTolerance) << classes;
      const double p = 0.99 * i / 100 * (classes - 1) / classes;  // at the top phi is flat
      EXPECT_NEAR(fano_phi_inverse(fano_phi(p, classes), classes), p, kTolerance) << classes;
    }
    EXPECT_EQ(fano_phi_inverse(top + 1, classes), static_cast<double>(classes - 1) / classes);
    EXPECT_EQ(fano_phi_inverse(0, classes), 0);
  }
}

TEST(ErrorBounds, Acceptance8_OrderOfTheLowerBounds) {
  for (const int classes : {3, 4, 10, 100}) {
    const double entropy = std::log(static_cast<double>(classes));
    for (int i = 0; i <= 50; ++i) {
      const ErrorBounds b = error_bounds(entropy, entropy * i / 50, classes);
      EXPECT_GE(b.fano_tight, b.fano_weak - kTolerance);
      EXPECT_GE(b.fano_weak, b.fano_weakest);
      EXPECT_GE(b.fano_weakest, 0);
    }
  }
}

TEST(ErrorBounds, Acceptance8_SampleSize) {
  EXPECT_NEAR(milc_sample_size(.1, .05, 10, 5, 1, 1), 295110.35632911490, 295110 * kTolerance);
  EXPECT_EQ(std::ceil(milc_sample_size(.1, .05, 10, 5, 1, 1)), 295111);
}

/// P(x, y), rows x; what is known about it.
struct Table {
  std::vector<double> p;
  double label_entropy = 0, conditional_entropy = 0, bayes_error = 1, largest_prior = 0;
  explicit Table(std::vector<double> joint) : p(std::move(joint)) {
    for (size_t x = 0; x < 3; ++x) {
      double row = 0, best = 0;
      for (size_t y = 0; y < 3; ++y) row += p[3 * x + y], best = std::max(best, p[3 * x + y]);
      bayes_error -= best;
      for (size_t y = 0; y < 3; ++y)
        if (p[3 * x + y] > 0) conditional_entropy -= p[3 * x + y] * std::log(p[3 * x + y] / row);
    }
    for (size_t y = 0; y < 3; ++y) {
      const double prior = p[y] + p[3 + y] + p[6 + y];
      label_entropy -= prior * std::log(prior);
      largest_prior = std::max(largest_prior, prior);
    }
  }
  ErrorBounds bounds() const {
    return error_bounds(label_entropy, label_entropy - conditional_entropy, 3, largest_prior);
  }
};

TEST(ErrorBounds, Acceptance8_PopulationTable) {
  const Table table({.30, .05, .05, .10, .25, .05, .05, .05, .10});
  EXPECT_NEAR(table.label_entropy, 1.0486537893593545, kTolerance);
  EXPECT_NEAR(table.conditional_entropy, 0.86229535057891621, kTolerance);
  EXPECT_NEAR(table.bayes_error, .35, kTolerance);
  EXPECT_NEAR(table.bounds().fano_tight, 0.32955655774424875, kTolerance);
  EXPECT_NEAR(table.bounds().fano_weak, 0.24402922606181256, kTolerance);
}

TEST(ErrorBounds, Acceptance8_BayesErrorLiesBetween) {
  Generator generator(2);
  for (int i = 0; i < 1000; ++i) {
    std::vector<double> p(9);
    double total = 0;
    for (double& x : p) total += x = std::pow(generator.uniform(), 3) + 1e-6;
    for (double& x : p) x /= total;
    const Table table(p);
    const ErrorBounds b = table.bounds();
    EXPECT_LE(b.fano_tight, table.bayes_error + kTolerance);
    EXPECT_GE(b.upper_hellman_raviv, table.bayes_error - kTolerance);
    EXPECT_GE(b.upper_exp, table.bayes_error - kTolerance);
    EXPECT_GE(b.upper_prior, table.bayes_error - kTolerance);
  }
}

TEST(ErrorBounds, Acceptance10_CertifiedBoundHoldsForEveryConfusionMatrix) {
  Generator generator(3);
  for (int i = 0; i < 1000; ++i) {
    const int classes = 2 + static_cast<int>(generator.below(9));
    const auto n = static_cast<size_t>(classes);
    std::vector<int64_t> confusion(n * n);
    const uint64_t wrong = 1 + generator.below(30), right = 1 + generator.below(300);
    double total = 0, correct = 0;
    for (size_t k = 0; k < confusion.size(); ++k) {
      const bool diagonal = k % (n + 1) == 0;
      confusion[k] = static_cast<int64_t>(generator.below(diagonal ? right : wrong)) + (k == 0 ? 1 : 0);
      total += static_cast<double>(confusion[k]);
      if (diagonal) correct += static_cast<double>(confusion[k]);
    }
    EXPECT_LE(certified_error_bound(confusion, classes), 1 - correct / total + kTolerance);
  }
  const std::vector<int64_t> perfect{5, 0, 0, 7}, swapped{0, 5, 7, 0}, symmetric{90, 10, 10, 90};
  EXPECT_EQ(certified_error_bound(perfect, 2), 0);
  EXPECT_EQ(certified_error_bound(swapped, 2), 0);
  EXPECT_NEAR(certified_error_bound(symmetric, 2), .1, kTolerance) << "equality";
}

TEST(ErrorBounds, UpperBounds) {
  const ErrorBounds b = error_bounds(1, .4, 3, .5);
  EXPECT_NEAR(b.upper_hellman_raviv, .6 / (2 * kLogTwo), kTolerance);
  EXPECT_NEAR(b.upper_exp, 1 - std::exp(-.6), kTolerance);
  EXPECT_EQ(b.upper_prior, .5);
  // Without a prior: what holds for each, here for the least and for one that is nearly certain.
  EXPECT_NEAR(error_bounds(1, .4, 3).upper_prior, 2.0 / 3, kTolerance);
  EXPECT_NEAR(error_bounds(std::log(3.0), 0, 3).upper_prior, 2.0 / 3, kTolerance) << "attained";
  EXPECT_EQ(error_bounds(0, 0, 3, 1).upper_prior, 0);
}

TEST(ErrorBounds, Messages) {
  EXPECT_TRUE(std::isnan(error_bounds(.5, .1, 2).fano_weak));
  EXPECT_TRUE(std::isnan(error_bounds(.5, .1, 2).fano_weakest));
  EXPECT_NO_THROW(error_bounds(.5, -1e-13, 2));
  EXPECT_THROW(error_bounds(.5, -1e-6, 2), ValueError);
  EXPECT_THROW(error_bounds(-1e-6, 0, 2), ValueError);
  EXPECT_THROW(error_bounds(.5, .1, 1), ValueError);
  EXPECT_THROW(error_bounds(.5, .1, 2, 1.5), ValueError);
  EXPECT_THROW(fano_phi(1.5, 2), ValueError);
  EXPECT_THROW(fano_phi(.5, 1), ValueError);
  EXPECT_THROW(fano_phi_inverse(-1, 2), ValueError);
  EXPECT_THROW(fano_phi_inverse(std::nan(""), 2), ValueError);
  const std::vector<int64_t> odd{1, 2, 3}, negative{1, -1, 0, 1}, empty{0, 0, 0, 0};
  EXPECT_THROW(certified_error_bound(odd, 2), ShapeError);
  EXPECT_THROW(certified_error_bound(negative, 2), ValueError);
  EXPECT_THROW(certified_error_bound(empty, 2), ValueError);
  for (const double bad : {0.0, -1.0}) {
    EXPECT_THROW(milc_sample_size(bad, .1, 1, 1, 1, 1), ValueError);
    EXPECT_THROW(milc_sample_size(.1, bad, 1, 1, 1, 1), ValueError);
    EXPECT_THROW(milc_sample_size(.1, .1, bad, 1, 1, 1), ValueError);
    EXPECT_THROW(milc_sample_size(.1, .1, 1, bad, 1, 1), ValueError);
  }
}

}  // namespace
}  // namespace infograd::losses
