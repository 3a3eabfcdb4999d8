// MILC, acceptance 1: the two worked examples, complete, in f64 and f32.
#include <tests/golden/milc.h>
#include <tests/losses/milc_batches.h>

#include <infograd/losses/classification/confidence_penalty.h>
#include <infograd/losses/classification/ger.h>
#include <infograd/losses/classification/label_smoothing.h>
#include <infograd/losses/entropy.h>
#include <infograd/ops/index.h>
#include <infograd/ops/shape_ops.h>
#include <infograd/ops/softmax.h>

namespace infograd::losses {
namespace {

using namespace infograd::testing;
using golden::Milc;

class MilcGolden : public ::testing::TestWithParam<DType> {
 protected:
  DType dtype() const { return GetParam(); }
  LabelledLogits batch(const Milc& example) const {
    const auto n = static_cast<int64_t>(example.labels.size());
    Tensor z = from_data(example.logits, {n, 3}).to(dtype()).clone();
    return {z.set_requires_grad(), labels_of(example.labels)};
  }
  template <class Wanted>
  void expect(const Tensor& got, const Wanted& wanted, const char* what) const {
    EXPECT_EQ(got.dtype(), dtype()) << what;
    if constexpr (std::is_same_v<Wanted, double>)
      expect_golden(got.item(), wanted, dtype(), what);
    else
      expect_golden(numbers(got), wanted, dtype(), what);
  }
  void expect_gradient(const Tensor& loss, const Tensor& z, const std::vector<double>& wanted,
                       const char* what) const {
    expect_golden(gradient(loss, z), wanted, dtype(), what);
  }
  void check_example(const Milc& e) const;
};

void MilcGolden::check_example(const Milc& e) const {
  const auto [z, y] = batch(e);
  const MilcTerms terms = milc_terms(z, y);
  expect(terms.ce, e.ce, "CE");
  expect(terms.h_marginal, e.hm, "Hm");
  expect(terms.h_batch_prediction, e.hq, "Hq");
  expect(terms.h_conditional, e.hc, "Hc");
  EXPECT_NEAR(terms.h_labels, e.h_labels, 1e-14);
  expect_golden(terms.mi, e.mi, dtype(), "mi");
  expect(exp(terms.log_qbar), e.qbar, "qbar");
  expect(milc_pointwise_mi(z, y), e.pointwise, "pointwise");
  expect_gradient(terms.ce, z, e.d_ce, "dCE");
  expect_gradient(terms.h_marginal, z, e.d_hm, "dHm");
  expect_gradient(terms.h_batch_prediction, z, e.d_hq, "dHq");

  const auto loss = [&](MilcForm form, double lambda) {
    return milc_loss(z, y, {.form = form, .lambda = lambda});
  };
  expect(loss(MilcForm::a, 0.1), e.a01, "a 0.1");
  expect(loss(MilcForm::a, 0.5), e.a05, "a 0.5");
  expect(milc_loss(z, y), e.a1, "a 1, the default");
  expect(loss(MilcForm::b, 0.5), e.b05, "b 0.5");
  expect(loss(MilcForm::c, 1), e.c, "c");
  expect(loss(MilcForm::ce, 1), e.ce, "ce");
  expect(loss(MilcForm::joint, 1) - terms.ce, e.hm_joint, "joint");
  expect(milc_terms(z, y, {.form = MilcForm::joint}).h_marginal, e.hm_joint, "Hm_J");
  expect_gradient(loss(MilcForm::a, 0.5), z, e.d_a, "dA");

  expect(label_smoothing_loss(z, y, 0.1, LabelSmoothing::inclusive), e.smooth_inclusive, "inclusive");
  expect(label_smoothing_loss(z, y, 0.1), e.smooth_exclusive, "exclusive, the default");
  expect(ger_loss(z, y, 0.5, 0.5), e.ger, "ger");
  expect(ger_loss(z, y, 0.5, 1) - terms.ce, e.ger_divergence, "D");
}

TEST_P(MilcGolden, Acceptance1_Example1) {
  check_example(golden::kMilc1);
  const auto [z, y] = batch(golden::kMilc1);
  const MilcTerms terms = milc_terms(z, y);
  expect_gradient(terms.h_conditional, z, golden::kMilc1EntropyGradient, "dHc");
  expect(confidence_penalty_loss(z, y, 0.1), golden::kMilc1Penalty01, "confidence penalty");
  expect(ger_loss(z, y, 0.1, 0.5), golden::kMilc1Ger01, "ger .1");
  expect(ger_loss(z, y, 0.9, 0.5), golden::kMilc1Ger09, "ger .9");
  expect(ger_loss(z, y, 0, 1) - terms.ce, golden::kMilc1ModelToUniform, "KL(p||u)");
  expect(ger_loss(z, y, 1, 1) - terms.ce, golden::kMilc1UniformToModel, "KL(u||p)");
  expect_gradient(ger_loss(z, y, 0.5, 1) - terms.ce, z, golden::kMilc1GerGradient, "dD");
  const MilcTerms joint = milc_terms(z, y, {.form = MilcForm::joint});
  expect(exp(joint.log_qbar), golden::kMilc1JointMarginal, "Q");
  expect_gradient(joint.h_marginal, z, golden::kMilc1JointGradient, "dHm_J");
  const Tensor cells = from_data(std::vector<int64_t>{0, 4, 8}, {3});  // (i, y_i) in the flattened table
  expect(neg(mean(index_select(log_softmax(flatten(z)), 0, cells))), golden::kMilc1JointScore,
         "-log q(x, y)");
}

TEST_P(MilcGolden, Acceptance1_Example2) {
  check_example(golden::kMilc2);
  const auto [z, y] = batch(golden::kMilc2);
  expect(milc_terms(z, y, {.target = MilcTarget::uniform}).h_marginal, golden::kMilc2UniformTarget,
         "uniform");
  const Tensor same = full({3}, 1.0 / 3, DType::f64);
  expect(milc_terms(z, y, {.target = MilcTarget::prior, .prior = same}).h_marginal,
         golden::kMilc2UniformTarget, "uniform as a prior");

  MilcState state{.log_q = full({3}, std::log(1.0 / 3), dtype()), .empty = false};
  const MilcTerms average = milc_terms(z, y, {.marginal = MilcMarginal::ema}, &state);
  expect(average.h_marginal, golden::kMilc2Average, "ema");
  expect_gradient(average.h_marginal, z, golden::kMilc2AverageGradient, "dHm of ema");
}

INSTANTIATE_TEST_SUITE_P(Milc, MilcGolden, ::testing::Values(DType::f64, DType::f32),
                         [](const auto& test) { return std::string(name(test.param)); });

}  // namespace
}  // namespace infograd::losses
