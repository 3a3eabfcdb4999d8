// MILC, acceptance 8 (its section 8.2) and 9: the binary Gaussian data model.
#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include <infograd/core/error.h>
#include <infograd/losses/ground_truth/binary_gaussian.h>
#include <infograd/losses/mi/milc/milc.h>
#include <infograd/ops/creation.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/random_ops.h>
#include <infograd/ops/reduce.h>

namespace infograd::losses::ground_truth {
namespace {

struct Row {
  BinaryGaussian model;
  double information, error, ug, uk, uh, lb, lr, lf, pe_exact, pe_upper;
};
const std::vector<Row> kRows{{{.d = 1, .q = .5},
                              0.33683082034683161,
                              0.15865525393145705,
                              0.34657359027997265,
                              0.56621916951697281,
                              0.47320429667272204,
                              0.21907019637983863,
                              0.22645908332169513,
                              0.25571393963282620,
                              0.11474207741636931,
                              0.11002786443835955},
                             {{.d = 1, .q = .3},
                              0.29185751791279813,
                              0.13874852997086577,
                              0.30488278581044713,
                              0.48906809135922372,
                              0.41851799734260811,
                              0.18457910525860138,
                              0.15512612316172450,
                              0.20817911833707105,
                              0.097253832532781315,
                              0.091494297002610926}};

void expect_row(const BinaryGaussian& model, const Row& row) {
  EXPECT_NEAR(model.d, row.model.d, 1e-12);
  EXPECT_NEAR(model.mutual_information(), row.information, 1e-12);
  EXPECT_NEAR(model.bayes_error(), row.error, 1e-12);
  const BinaryGaussian::Bounds b = model.bounds();
  EXPECT_NEAR(b.ug, row.ug, 1e-12);
  EXPECT_NEAR(b.uk, row.uk, 1e-12);
  EXPECT_NEAR(b.uh, row.uh, 1e-12);
  EXPECT_NEAR(b.lb, row.lb, 1e-12);
  EXPECT_NEAR(b.lr, row.lr, 1e-12);
  EXPECT_NEAR(b.lf, row.lf, 1e-12);
  EXPECT_NEAR(b.uv, 4 * row.model.q * (1 - row.model.q), 1e-12);
  EXPECT_NEAR(b.pe_lb_exact, row.pe_exact, 1e-10);
  EXPECT_NEAR(b.pe_lb_upper, row.pe_upper, 1e-10);
}

TEST(BinaryGaussian, Acceptance8_Table) {
  for (const Row& row : kRows) expect_row(row.model, row);
}

TEST(BinaryGaussian, Acceptance9_OnlyDMatters) {
  for (const Row& row : kRows) {
    const double root = std::sqrt(2.0);
    expect_row(BinaryGaussian::from(tensor({1, std::sqrt(3.0) / 2}, DType::f64),
                                    tensor({{4, 0}, {0, 1}}, DType::f64), row.model.q),
               row);
    expect_row(BinaryGaussian::from(tensor({1 / root, -1 / root}, DType::f64),
                                    tensor({{2, 1}, {1, 2}}, DType::f64), row.model.q),
               row);
  }
}

TEST(BinaryGaussian, Acceptance9_BoundsHoldOnAGrid) {
  for (const double q : {.01, .05, .1, .2, .3, .4, .5}) {
    double before = 0;
    for (const double d : {.1, .2, .5, 1.0, 1.5, 2.0, 3.0, 4.0}) {
      const BinaryGaussian model{.d = d, .q = q}, mirrored{.d = d, .q = 1 - q};
      const double information = model.mutual_information();
      const BinaryGaussian::Bounds b = model.bounds();
      EXPECT_LE(std::max({b.lb, b.lr, b.lf}), information + 1e-12) << d << " " << q;
      EXPECT_GE(std::min({b.ug, b.uk, b.uv, b.uh, model.label_entropy()}), information - 1e-12)
          << d << " " << q;
      EXPECT_LE(b.pe_lb_upper, b.pe_lb_exact + 1e-12);
      EXPECT_LE(b.pe_lb_exact, model.bayes_error() + 1e-12);
      EXPECT_GT(information, before) << "increasing in d";
      EXPECT_NEAR(mirrored.mutual_information(), information, 1e-12);
      EXPECT_NEAR(mirrored.bayes_error(), model.bayes_error(), 1e-12);
      before = information;
    }
  }
}

TEST(BinaryGaussian, Limits) {
  const BinaryGaussian none{.d = 0, .q = .3}, apart{.d = 50, .q = .3};
  EXPECT_EQ(none.mutual_information(), 0);
  EXPECT_EQ(none.bayes_error(), .3);
  EXPECT_EQ(apart.mutual_information(), apart.label_entropy());
  EXPECT_EQ(apart.bayes_error(), 0);
  // Either side of the switch to the limit.
  EXPECT_NEAR((BinaryGaussian{.d = 39, .q = .3}.mutual_information()), apart.label_entropy(), 1e-13);
}

TEST(BinaryGaussian, Acceptance9_MonteCarlo) {
  const BinaryGaussian model{.d = 1, .q = .5};
  const int64_t n = 1'000'000;
  Generator generator(31);
  const Tensor y = rand_integers({n}, 0, 2, generator);
  const Tensor t = affine(y.to(DType::f64), 2, -1) + rand_normal({n}, 0, 1, DType::f64, generator);
  const Tensor z = model.posterior_logits(t);
  const MilcTerms terms = milc_terms(z, y);
  EXPECT_NEAR(terms.ce.item(), 0.35631636021311370, .003);
  EXPECT_NEAR(terms.h_marginal.item(), 0.69314718, .003);
  EXPECT_NEAR(terms.mi, 0.3368308, .003);
  EXPECT_NEAR(mean(ne(argmax(z, 1), y).to(DType::f64)).item(), 0.1586553, .003);
}

TEST(BinaryGaussian, Messages) {
  const Tensor mu = tensor({1, 2}, DType::f64), unit = eye(2, DType::f64);
  EXPECT_THROW(BinaryGaussian::from(mu, eye(3, DType::f64), .5), ShapeError);
  EXPECT_THROW(BinaryGaussian::from(unit, unit, .5), ShapeError);
  EXPECT_THROW(BinaryGaussian::from(mu, tensor({{1, .5}, {.4, 1}}, DType::f64), .5), ValueError);
  EXPECT_THROW(BinaryGaussian::from(mu, tensor({{1, 2}, {2, 1}}, DType::f64), .5), ValueError);
  EXPECT_THROW(BinaryGaussian::from(mu, zeros({2, 2}, DType::f64), .5), ValueError);
  for (const double q : {0.0, 1.0, -.1, 1.1}) EXPECT_THROW(BinaryGaussian::from(mu, unit, q), ValueError);
  EXPECT_THROW((BinaryGaussian{.d = -1, .q = .5}.mutual_information()), ValueError);
  EXPECT_THROW((BinaryGaussian{.d = 1, .q = 1}.bayes_error()), ValueError);
  EXPECT_THROW((BinaryGaussian{.d = 1, .q = .5}.posterior_logits(unit)), ShapeError);
}

}  // namespace
}  // namespace infograd::losses::ground_truth
