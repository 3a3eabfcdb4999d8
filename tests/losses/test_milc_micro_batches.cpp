// MILC, acceptance 5 and 6: the exact gradient over micro-batches, and the moving average.
#include <tests/golden/milc.h>
#include <tests/losses/milc_batches.h>

#include <infograd/autograd/grad_mode.h>
#include <infograd/losses/mi/milc/milc_two_pass.h>
#include <infograd/ops/shape_ops.h>

namespace infograd::losses {
namespace {

using namespace infograd::testing;

struct Result {
  MilcTerms terms;
  std::vector<double> gradient;
};
/// Both passes over `pieces` nearly equal parts.
Result two_pass(const Tensor& z, const Tensor& y, int64_t pieces, const MilcOptions& options) {
  const int64_t n = z.size(0);
  const auto part = [&](const Tensor& x, int64_t b) {
    return slice(x, 0, b * n / pieces, (b + 1) * n / pieces);
  };
  MilcTwoPass pass(options);
  for (int64_t b = 0; b < pieces; ++b) pass.observe(part(z, b), part(y, b));
  Tensor total;
  for (int64_t b = 0; b < pieces; ++b) {
    const Tensor g = grad(pass.contribution(part(z, b), part(y, b)), {z})[0];
    total = total.defined() ? total + g : g;
  }
  return {pass.totals(), numbers(total)};
}

void expect_full_batch(const Tensor& z, const Tensor& y, int64_t pieces, const MilcOptions& options) {
  const Result got = two_pass(z, y, pieces, options);
  const MilcTerms full = milc_terms(z, y, options);
  EXPECT_LT(largest_difference(got.gradient, gradient(milc_loss(z, y, options), z)), 1e-13) << pieces;
  EXPECT_NEAR(got.terms.ce.item(), full.ce.item(), 1e-13);
  EXPECT_NEAR(got.terms.h_marginal.item(), full.h_marginal.item(), 1e-13);
  EXPECT_NEAR(got.terms.h_batch_prediction.item(), full.h_batch_prediction.item(), 1e-13);
  EXPECT_NEAR(got.terms.h_conditional.item(), full.h_conditional.item(), 1e-13);
  EXPECT_NEAR(got.terms.mi, full.mi, 1e-13);
  EXPECT_NEAR(got.terms.h_labels, full.h_labels, 1e-15);
}

TEST(MilcTwoPass, Acceptance5_Example2InHalves) {
  const golden::Milc& e = golden::kMilc2;
  const Tensor z = from_data(e.logits, {4, 3}).clone().set_requires_grad(), y = labels_of(e.labels);
  EXPECT_NEAR(two_pass(z, y, 2, {}).terms.h_marginal.item(), 1.2663253730367647, 1e-13);
  expect_full_batch(z, y, 2, {});
  // Accumulating the losses of the halves is another estimator.
  const auto half = [&](int64_t b) {
    return milc_terms(slice(z, 0, 2 * b, 2 * b + 2), slice(y, 0, 2 * b, 2 * b + 2)).h_marginal.item();
  };
  EXPECT_NEAR(half(0), 0.78587714009835633, 1e-12);
  EXPECT_NEAR(half(1), 1.6177277698521506, 1e-12);
  EXPECT_NEAR((half(0) + half(1)) / 2, 1.2018024549752535, 1e-12);
}

TEST(MilcTwoPass, Acceptance5_AnyPiecesGiveTheFullBatch) {
  Generator generator(21);
  const auto [z, y] = random_batch(96, 10, generator, 1);
  const Tensor prior = tensor({.2, .1, .1, .1, .1, .1, .1, .1, .05, .05}, DType::f64);
  for (const int64_t pieces : {1, 2, 5, 96}) {
    expect_full_batch(z, y, pieces, {});
    expect_full_batch(z, y, pieces, {.lambda = 0.1});
    expect_full_batch(z, y, pieces, {.form = MilcForm::b, .lambda = 0.5});
    expect_full_batch(z, y, pieces, {.form = MilcForm::c});
    expect_full_batch(z, y, pieces, {.form = MilcForm::ce});
    expect_full_batch(z, y, pieces, {.target = MilcTarget::uniform});
    expect_full_batch(z, y, pieces, {.target = MilcTarget::prior, .prior = prior});
  }
}

TEST(MilcTwoPass, Acceptance5_MergeInAnyOrder) {
  Generator generator(22);
  const auto [z, y] = random_batch(60, 5, generator);
  std::vector<MilcTwoPass> parts(3);
  for (int64_t b = 0; b < 3; ++b)
    parts[static_cast<size_t>(b)].observe(slice(z, 0, 20 * b, 20 * b + 20), slice(y, 0, 20 * b, 20 * b + 20));
  MilcTwoPass forward, backward;
  for (size_t b = 0; b < 3; ++b) forward.merge(parts[b]), backward.merge(parts[2 - b]);
  EXPECT_LT(largest_difference(numbers(forward.totals().log_qbar), numbers(backward.totals().log_qbar)),
            1e-14);
  EXPECT_NEAR(forward.totals().mi, backward.totals().mi, 1e-14);
  EXPECT_NEAR(forward.totals().mi, milc_terms(z, y).mi, 1e-13);
}

TEST(MilcTwoPass, UnderflowAndImpossibleClasses) {
  const double inf = std::numeric_limits<double>::infinity();
  const Tensor z = tensor({{0, -900, -inf}, {1, -901, -inf}, {0, -899, -inf}, {2, -905, -inf}}, DType::f64)
                       .set_requires_grad();
  const Tensor y = labels_of({0, 1, 1, 0});
  for (const MilcForm form : {MilcForm::a, MilcForm::b, MilcForm::c}) {
    const Result got = two_pass(z, y, 2, {.form = form});
    EXPECT_LT(largest_difference(got.gradient, gradient(milc_loss(z, y, {.form = form}), z)), 1e-13);
  }
}

TEST(MilcAverage, Acceptance6_FirstCallIsTheBatch) {
  Generator generator(23);
  const auto [z, y] = random_batch(8, 4, generator);
  MilcState state;
  const Tensor first = milc_loss(z, y, {.marginal = MilcMarginal::ema}, &state), batch = milc_loss(z, y);
  EXPECT_EQ(first.item(), batch.item());
  EXPECT_EQ(largest_difference(gradient(first, z), gradient(batch, z)), 0);
  EXPECT_FALSE(state.empty);
  EXPECT_FALSE(state.log_q.requires_grad());
  EXPECT_NEAR(sum(exp(state.log_q)).item(), 1, 1e-12);
}

TEST(MilcAverage, Acceptance6_RestoredStateContinuesBitIdentically) {
  for (const DType dtype : {DType::f64, DType::f32}) {
    Generator generator(24);
    MilcState state;
    const MilcOptions options{.marginal = MilcMarginal::ema};
    const auto step = [&](MilcState& s, Generator& g) {
      const auto [z, y] = random_batch(8, 4, g);
      return milc_loss(z.detach().to(dtype), y, options, &s).item();
    };
    for (int i = 0; i < 3; ++i) step(state, generator);
    MilcState restored{.log_q = state.log_q.clone(), .empty = state.empty};
    Generator again = generator;
    for (int i = 0; i < 3; ++i) EXPECT_EQ(step(state, generator), step(restored, again));
    EXPECT_EQ(numbers(state.log_q), numbers(restored.log_q));
    state.reset();
    EXPECT_TRUE(state.empty && !state.log_q.defined());
  }
}

TEST(MilcAverage, Acceptance6_EvaluationLeavesTheStateAlone) {
  Generator generator(25);
  const auto [z, y] = random_batch(8, 4, generator);
  MilcState state{.log_q = full({4}, std::log(0.25), DType::f64), .empty = false};
  const std::vector<double> before = numbers(state.log_q);
  MilcOptions options{.marginal = MilcMarginal::ema, .training = false};
  const double value = milc_loss(z, y, options, &state).item();
  EXPECT_EQ(numbers(state.log_q), before);
  options.training = true;
  EXPECT_EQ(milc_loss(z, y, options, &state).item(), value) << "the state is used in evaluation, too";
  EXPECT_NE(numbers(state.log_q), before);
  MilcState empty;
  options.training = false;
  EXPECT_EQ(milc_loss(z, y, options, &empty).item(), milc_loss(z, y).item());
  EXPECT_TRUE(empty.empty);
}

}  // namespace
}  // namespace infograd::losses
