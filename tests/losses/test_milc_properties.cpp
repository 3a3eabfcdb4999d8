// MILC, acceptance 3, 4 and 7: what the terms satisfy, hard numerical cases, limits of the baselines.
#include <tests/golden/milc.h>
#include <tests/losses/milc_batches.h>

#include <infograd/losses/classification/confidence_penalty.h>
#include <infograd/losses/classification/cross_entropy.h>
#include <infograd/losses/classification/ger.h>
#include <infograd/losses/classification/label_smoothing.h>
#include <infograd/ops/index.h>
#include <infograd/ops/shape_ops.h>

namespace infograd::losses {
namespace {

using namespace infograd::testing;

std::vector<double> frequencies(const Tensor& labels, int64_t classes) {
  std::vector<double> r(static_cast<size_t>(classes), 0);
  for (const int64_t label : labels.to_vector<int64_t>())
    r[static_cast<size_t>(label)] += 1 / static_cast<double>(labels.numel());
  return r;
}

TEST(MilcProperties, Acceptance3_BoundsDivergenceAndMean) {  // P3, P4
  Generator generator(5);
  for (int trial = 0; trial < 200; ++trial) {
    const int64_t n = 1 + trial % 17, classes = 2 + trial % 6;
    const auto [z, y] = random_batch(n, classes, generator);
    const MilcTerms t = milc_terms(z, y);
    const double hm = t.h_marginal.item();
    EXPECT_LE(t.mi, t.h_labels + 1e-12);
    EXPECT_GE(hm, t.h_labels - 1e-12);
    EXPECT_GE(milc_loss(z, y, {.form = MilcForm::c}).item(), -t.h_labels - 1e-12);
    const std::vector<double> r = frequencies(y, classes), l = numbers(t.log_qbar);
    double divergence = 0;
    for (size_t c = 0; c < r.size(); ++c)
      if (r[c] > 0) divergence += r[c] * (std::log(r[c]) - l[c]);
    EXPECT_NEAR(hm - t.h_labels, divergence, 1e-12);
    EXPECT_NEAR(mean(milc_pointwise_mi(z, y)).item(), t.mi, 1e-13);
    EXPECT_NEAR(sum(exp(t.log_qbar)).item(), 1, 1e-12);
  }
}

TEST(MilcProperties, Acceptance3_OneSampleAndEqualLogits) {  // P5, P6
  Generator generator(6);
  for (int trial = 0; trial < 200; ++trial) {
    const int64_t classes = 2 + trial % 6;
    const auto [z, y] = random_batch(1, classes, generator);
    const MilcTerms one = milc_terms(z, y);
    EXPECT_NEAR(one.h_marginal.item(), one.ce.item(), 1e-12);
    EXPECT_NEAR(milc_loss(z, y, {.lambda = 0.3}).item(), 1.3 * one.ce.item(), 1e-12);
    EXPECT_NEAR(one.mi, 0, 1e-12);

    const auto labels = random_batch(7, classes, generator).labels;
    const MilcTerms flat = milc_terms(full({7, classes}, 0.1 * trial, DType::f64), labels);
    EXPECT_NEAR(flat.ce.item(), std::log(static_cast<double>(classes)), 1e-12);
    EXPECT_NEAR(flat.h_marginal.item(), std::log(static_cast<double>(classes)), 1e-12);
    EXPECT_NEAR(flat.mi, 0, 1e-12);
  }
}

TEST(MilcProperties, Acceptance3_Symmetries) {  // P7
  Generator generator(7);
  for (int trial = 0; trial < 200; ++trial) {
    const int64_t n = 2 + trial % 9, classes = 2 + trial % 6;
    const auto [z, y] = random_batch(n, classes, generator);
    const Tensor shift = rand_normal({n, 1}, 0, 3, DType::f64, generator);
    const Tensor rows = rand_permutation(n, generator), columns = rand_permutation(classes, generator);
    // Column j of the permuted logits is class columns[j]: a label moves to where its class went.
    const Tensor moved = index_select(z, 1, columns);
    const Tensor where_to = argmax(one_hot(columns, classes, DType::f64), 0);
    for (const MilcForm form : {MilcForm::a, MilcForm::b, MilcForm::c, MilcForm::joint, MilcForm::ce}) {
      const auto loss = [&](const Tensor& logits, const Tensor& labels) {
        return milc_loss(logits, labels, {.form = form, .lambda = 0.7}).item();
      };
      const double value = loss(z, y);
      if (form != MilcForm::joint) {
        EXPECT_NEAR(loss(z + shift, y), value, 1e-12);
      }
      EXPECT_NEAR(loss(index_select(z, 0, rows), index_select(y, 0, rows)), value, 1e-12);
      EXPECT_NEAR(loss(moved, index_select(where_to, 0, y)), value, 1e-12);
    }
  }
}

TEST(MilcProperties, Acceptance3_NoForceWhereTheMarginalIsCalibrated) {  // P8
  Generator generator(8);
  for (int64_t classes = 2; classes < 12; ++classes) {
    // Every rotation of one row of logits, and every label once: the average prediction is uniform, as r.
    const Tensor base = rand_normal({1, classes}, 0, 2, DType::f64, generator);
    std::vector<Tensor> rows;
    for (int64_t i = 0; i < classes; ++i)
      rows.push_back(concat({slice(base, 1, i), slice(base, 1, 0, i)}, 1));
    const Tensor z = concat(rows).clone().set_requires_grad();
    const MilcTerms t = milc_terms(z, arange(classes));
    EXPECT_LT(max(abs(grad(t.h_marginal, {z})[0])).item(), 1e-15) << classes;
    EXPECT_NEAR(t.h_marginal.item(), t.h_labels, 1e-12);
  }
}

TEST(MilcProperties, Acceptance3_PerfectFit) {  // P9
  const Tensor y = labels_of({0, 2, 2, 1, 0, 0});
  const MilcTerms t = milc_terms(1e4 * one_hot(y, 4, DType::f64), y);
  EXPECT_EQ(t.ce.item(), 0);
  EXPECT_NEAR(t.h_marginal.item(), t.h_labels, 1e-12);
  EXPECT_NEAR(t.mi, t.h_labels, 1e-12);
}

/// q_1 at the minimum of a loss on one x seen 10 times, 7 times with label 0: bisection on the slope in the
/// logit.
double minimising_probability(const MilcOptions& options) {
  const Tensor y = labels_of({0, 0, 0, 0, 0, 0, 0, 1, 1, 1}), side = tensor({{1, 0}}, DType::f64);
  double low = -5, high = 5;
  for (int i = 0; i < 60; ++i) {
    const Tensor logit = scalar((low + high) / 2, DType::f64).set_requires_grad();
    const Tensor z = logit * expand(side, {10, 2});
    (grad(milc_loss(z, y, options), {logit})[0].item() < 0 ? low : high) = logit.item();
  }
  return 1 / (1 + std::exp(-low));
}

TEST(MilcProperties, Acceptance3_FormBIsBiased) {  // P10, and P1 for one x
  EXPECT_NEAR(minimising_probability({.form = MilcForm::b, .lambda = 0.1}), 0.68335524167083524, 1e-6);
  EXPECT_NEAR(minimising_probability({.form = MilcForm::b, .lambda = 0.5}), 0.63558241178231947, 1e-6);
  EXPECT_NEAR(minimising_probability({.form = MilcForm::b}), 0.60140183848062527, 1e-6);
  EXPECT_NEAR(minimising_probability({}), 0.7, 1e-6);
  EXPECT_NEAR(minimising_probability({.lambda = 0.1}), 0.7, 1e-6);
  EXPECT_NEAR(minimising_probability({.form = MilcForm::ce}), 0.7, 1e-6);
}

TEST(MilcProperties, Acceptance3_FormCIsFormAWithLambdaMinusOne) {
  Generator generator(9);
  for (int trial = 0; trial < 200; ++trial) {
    const auto [z, y] = random_batch(1 + trial % 9, 2 + trial % 5, generator);
    const MilcTerms t = milc_terms(z, y);
    const Tensor c = milc_loss(z, y, {.form = MilcForm::c}), a = t.ce + (-1.0) * t.h_marginal;
    EXPECT_EQ(c.item(), a.item());
    EXPECT_LT(largest_difference(gradient(c, z), gradient(a, z)), 1e-15);
    EXPECT_NEAR(c.item(), -t.mi, 1e-12);
  }
}

/// Section 8.4: a joint distribution in twentieths, as 20 samples of three inputs.
TEST(MilcProperties, PopulationTable) {  // P2
  const std::vector<std::vector<int>> twentieths{{6, 1, 1}, {2, 5, 1}, {1, 1, 2}};
  const std::vector<std::vector<double>> q{{.6, .3, .1}, {.2, .6, .2}, {.3, .2, .5}};
  std::vector<double> logits;
  std::vector<int64_t> labels;
  for (size_t x = 0; x < 3; ++x)
    for (size_t c = 0; c < 3; ++c)
      for (int k = 0; k < twentieths[x][c]; ++k) {
        for (const double p : q[x]) logits.push_back(std::log(p));
        labels.push_back(static_cast<int64_t>(c));
      }
  const MilcTerms t = milc_terms(from_data(logits, {20, 3}), labels_of(labels));
  EXPECT_NEAR(t.ce.item(), 0.90768292869640537, 1e-12);
  EXPECT_NEAR(t.h_marginal.item(), 1.0589401144996769, 1e-12);
  EXPECT_NEAR(t.h_labels, 1.0486537893593545, 1e-12);
  EXPECT_NEAR(t.mi, 0.15125718580327153, 1e-12);
  EXPECT_NEAR(t.mi, 0.18635843878043828 + 0.010286325140322404 - 0.045387578117489154, 1e-12);
  EXPECT_LT(largest_difference(numbers(exp(t.log_qbar)), {.38, .40, .22}), 1e-12);
}

/// Loss and gradient of every form are finite, in f64 and f32.
void expect_finite(const Tensor& logits, const Tensor& labels, const char* what) {
  for (const DType dtype : {DType::f64, DType::f32}) {
    const Tensor z = logits.detach().to(dtype).clone().set_requires_grad();
    for (const MilcForm form : {MilcForm::a, MilcForm::b, MilcForm::c, MilcForm::joint, MilcForm::ce}) {
      const Tensor loss = milc_loss(z, labels, {.form = form});
      EXPECT_TRUE(all_finite(loss)) << what << " " << name(dtype) << " " << static_cast<int>(form);
      EXPECT_TRUE(all_finite(grad(loss, {z})[0]))
          << what << " " << name(dtype) << " " << static_cast<int>(form);
    }
  }
}

TEST(MilcProperties, Acceptance4_LogitsBeyondExp) {
  const Tensor z = tensor({{1e4, -1e4, 0}, {1e4, 0, -1e4}, {0, -1e4, 1e4}}, DType::f64).set_requires_grad();
  const Tensor y = labels_of({0, 2, 1});  // right, wrong, wrong
  expect_finite(z, y, "beyond exp");
  const MilcTerms t = milc_terms(z, y);
  EXPECT_NEAR(t.ce.item(), 4e4 / 3, 1e-8);
  // r = 1/3 each, but all of the prediction is in classes 0 and 2: the pull of class 1 rests on one row.
  EXPECT_TRUE(all_finite(grad(t.h_marginal, {z}, false, true)[0]));
  const Tensor calibrated = labels_of({0, 0, 2});
  EXPECT_EQ(max(abs(grad(milc_terms(z, calibrated).h_marginal, {z})[0])).item(), 0)
      << "underflows to exactly 0";
}

TEST(MilcProperties, Acceptance4_SmallBatches) {
  Generator generator(10);
  for (int64_t classes : {2, 10})
    expect_finite(rand_normal({1, classes}, 0, 3, DType::f64, generator), labels_of({1}), "one");
  expect_finite(zeros({4, 3}, DType::f64), labels_of({0, 0, 1, 0}), "zeros");
  const Tensor z = zeros({4, 3}, DType::f64).set_requires_grad();
  const MilcTerms t = milc_terms(z, labels_of({0, 0, 1, 0}));
  EXPECT_NEAR(t.h_marginal.item(), std::log(3.0), 1e-15);
  EXPECT_GT(t.h_marginal.item(), t.h_labels);
  EXPECT_LT(max(abs(grad(t.h_batch_prediction, {z})[0])).item(), 1e-16);
  // Impossible classes: p l is 0.
  const double inf = std::numeric_limits<double>::infinity();
  expect_finite(tensor({{0, 1, -inf}, {2, 0, -inf}}, DType::f64), labels_of({0, 1}), "-inf");
  const Tensor masked = tensor({{0, 1, -inf}, {2, 0, -inf}}, DType::f64).set_requires_grad();
  const MilcTerms impossible = milc_terms(masked, labels_of({0, 1}));
  EXPECT_TRUE(all_finite(grad(impossible.h_conditional, {masked})[0]));
  EXPECT_TRUE(all_finite(ger_loss(masked, labels_of({0, 1}), 0.5, 0.5)));
  EXPECT_TRUE(all_finite(grad(ger_loss(masked, labels_of({0, 1}), 0.5, 0.5), {masked})[0]));
}

/// Every row gives class 2 a probability near e^-900 or e^-120, and it occurs: mean-then-log has only inf
/// there.
TEST(MilcProperties, Acceptance4_MarginalUnderflow) {
  for (const double depth : {900.0, 120.0}) {
    const int64_t n = 6;
    Generator generator(11);
    Tensor z = rand_normal({n, 3}, 0, 1, DType::f64, generator);
    z = (z + depth * tensor({{0, 0, -1}}, DType::f64)).clone().set_requires_grad();
    const Tensor y = labels_of({0, 1, 2, 2, 0, 1});
    expect_finite(z, y, "underflow");

    const std::vector<double> logits = numbers(z);
    const std::vector<int64_t> labels = y.to_vector<int64_t>();
    std::vector<long double> average(3, 0);
    long double ce = 0;
    for (size_t i = 0; i < static_cast<size_t>(n); ++i) {
      long double total = 0;
      for (size_t c = 0; c < 3; ++c) total += std::exp(static_cast<long double>(logits[3 * i + c]));
      for (size_t c = 0; c < 3; ++c)
        average[c] += std::exp(static_cast<long double>(logits[3 * i + c])) / total / n;
      ce -= (static_cast<long double>(logits[3 * i + static_cast<size_t>(labels[i])]) - std::log(total)) / n;
    }
    long double hm = 0;
    for (const int64_t label : labels) hm -= std::log(average[static_cast<size_t>(label)]) / n;
    const MilcTerms t = milc_terms(z, y);
    EXPECT_NEAR(t.h_marginal.item(), static_cast<double>(hm), 1e-12);
    EXPECT_NEAR(t.mi, static_cast<double>(hm - ce), 1e-12);
    const double slope = max(abs(grad(t.h_marginal, {z})[0])).item();
    EXPECT_GT(slope, 0.01);
    EXPECT_LT(slope, 1);
  }
}

TEST(MilcProperties, Acceptance7_LimitsOfTheBaselines) {
  const Tensor z = from_data(golden::kMilc1.logits, {3, 3}), y = labels_of(golden::kMilc1.labels);
  const double ce = cross_entropy(z, y).item();
  EXPECT_NEAR(ger_loss(z, y, 1e-3, 1).item(), ger_loss(z, y, 0, 1).item(), 1e-2);
  EXPECT_NEAR(ger_loss(z, y, 1 - 1e-3, 1).item(), ger_loss(z, y, 1, 1).item(), 1e-2);
  EXPECT_NEAR(ger_loss(z, y, 0, 1).item() - ce, golden::kMilc1ModelToUniform, 1e-12);
  EXPECT_NEAR(ger_loss(z, y, 1, 1).item() - ce, golden::kMilc1UniformToModel, 1e-12);
  for (const LabelSmoothing form : {LabelSmoothing::exclusive, LabelSmoothing::inclusive})
    EXPECT_EQ(label_smoothing_loss(z, y, 0, form).item(), ce);
  EXPECT_EQ(confidence_penalty_loss(z, y, 0).item(), ce);
  EXPECT_EQ(ger_loss(z, y, 0.5, 0).item(), ce);
}

TEST(LabelSmoothing, WeightsOfTheTarget) {
  Generator generator(12);
  const auto [z, y] = random_batch(5, 4, generator);
  for (const double eps : {0.1, 0.74, 0.75, 0.9}) {  // from 0.75 on the label has no more than the others
    const Tensor one = one_hot(y, 4, DType::f64);
    EXPECT_NEAR(label_smoothing_loss(z, y, eps).item(),
                cross_entropy(z, affine(one, 1 - eps - eps / 3, eps / 3)).item(), 1e-12);
    EXPECT_NEAR(label_smoothing_loss(z, y, eps, LabelSmoothing::inclusive).item(),
                cross_entropy(z, affine(one, 1 - eps, eps / 4)).item(), 1e-12);
  }
}

}  // namespace
}  // namespace infograd::losses
