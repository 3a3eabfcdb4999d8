// MILC: mistakes and what is said about them; the report.
#include <tests/losses/milc_batches.h>

#include <infograd/core/error.h>
#include <infograd/losses/classification/confidence_penalty.h>
#include <infograd/losses/classification/ger.h>
#include <infograd/losses/classification/label_smoothing.h>
#include <infograd/losses/mi/milc/milc_two_pass.h>
#include <infograd/ops/shape_ops.h>

namespace infograd::losses {
namespace {

using namespace infograd::testing;

TEST(MilcMessages, Inputs) {
  const Tensor z = zeros({3, 2}, DType::f64), y = labels_of({0, 1, 1});
  const std::vector<std::function<Tensor(const Tensor&, const Tensor&)>> losses{
      [](const Tensor& a, const Tensor& b) { return milc_loss(a, b); },
      [](const Tensor& a, const Tensor& b) { return milc_terms(a, b).ce; },
      milc_pointwise_mi,
      [](const Tensor& a, const Tensor& b) {
        MilcTwoPass pass;
        pass.observe(a, b);
        return pass.totals().ce;
      },
      [](const Tensor& a, const Tensor& b) { return label_smoothing_loss(a, b, 0.1); },
      [](const Tensor& a, const Tensor& b) { return confidence_penalty_loss(a, b, 0.1); },
      [](const Tensor& a, const Tensor& b) { return ger_loss(a, b, 0.5, 0.1); }};
  for (const auto& loss : losses) {
    EXPECT_NO_THROW(loss(z, y));
    EXPECT_THROW(loss(zeros({3}, DType::f64), y), ShapeError);
    EXPECT_THROW(loss(zeros({0, 2}, DType::f64), zeros({0}, DType::i64)), ShapeError);
    EXPECT_THROW(loss(zeros({3, 1}, DType::f64), labels_of({0, 0, 0})), ShapeError);
    EXPECT_THROW(loss(z, labels_of({0, 1})), ShapeError);
    EXPECT_THROW(loss(z.to(DType::bf16), y), DTypeError);
    EXPECT_THROW(loss(z, y.to(DType::f64)), DTypeError);
    EXPECT_THROW(loss(z, labels_of({0, 1, 2})), ValueError);
    EXPECT_THROW(loss(z, labels_of({0, 1, -1})), ValueError);
    EXPECT_THROW(loss(z, labels_of({0, 1, -100})), ValueError) << "no label is ignored";
  }
  for (const DType dtype : {DType::f64, DType::f32}) {
    const Tensor broken = tensor({{0, 1}, {std::nan(""), 0}, {1, 1}}, dtype);
    for (const auto& loss : losses) EXPECT_THROW(loss(broken, y), ValueError) << name(dtype);
    EXPECT_THROW(label_smoothing_loss(broken, y, 0.9), ValueError);
    MilcTwoPass pass;
    pass.observe(z.to(dtype), y);
    EXPECT_THROW(pass.contribution(broken, y), ValueError);
    const Tensor infinite = tensor({{0, 1}, {HUGE_VAL, 0}, {1, 1}}, dtype);
    EXPECT_THROW(milc_loss(infinite, y), ValueError);
    EXPECT_THROW(milc_terms(infinite, y), ValueError);
    EXPECT_THROW(MilcTwoPass().observe(infinite, y), ValueError);
  }
}

TEST(MilcMessages, Options) {
  const Tensor z = zeros({3, 2}, DType::f64), y = labels_of({0, 1, 1});
  const auto refused = [&](MilcOptions options) { EXPECT_THROW(milc_loss(z, y, options), ValueError); };
  refused({.lambda = -0.1});
  refused({.lambda = std::nan("")});
  refused({.lambda = std::numeric_limits<double>::infinity()});
  refused({.ema_decay = 1});
  refused({.ema_decay = -0.1});
  refused({.marginal = MilcMarginal::ema});  // no state
  refused({.target = MilcTarget::prior});    // no prior
  refused({.target = MilcTarget::prior, .prior = tensor({.4, .4}, DType::f64)});
  refused({.target = MilcTarget::prior, .prior = tensor({1.5, -.5}, DType::f64)});
  refused({.target = MilcTarget::prior, .prior = tensor({1, 0}, DType::f64)});  // class 1 occurs
  EXPECT_THROW(milc_loss(z, y, {.target = MilcTarget::prior, .prior = full({3}, 1.0 / 3)}), ShapeError);
  EXPECT_NO_THROW(
      milc_loss(z, labels_of({0, 0, 0}), {.target = MilcTarget::prior, .prior = tensor({1, 0}, DType::f64)}));
  MilcState state;
  EXPECT_THROW(milc_loss(z, y, {.form = MilcForm::joint, .marginal = MilcMarginal::ema}, &state), ValueError);
  milc_loss(z, y, {.marginal = MilcMarginal::ema}, &state);
  EXPECT_THROW(milc_loss(zeros({3, 4}, DType::f64), y, {.marginal = MilcMarginal::ema}, &state), ShapeError);

  EXPECT_THROW(MilcTwoPass({.form = MilcForm::joint}), ValueError);
  EXPECT_THROW(MilcTwoPass({.marginal = MilcMarginal::ema}), ValueError);
  MilcTwoPass pass;
  EXPECT_THROW(pass.contribution(z, y), ValueError);
  EXPECT_THROW(pass.totals(), ValueError);
  pass.observe(z, y);
  EXPECT_THROW(pass.contribution(zeros({3, 4}, DType::f64), y), ShapeError);
  EXPECT_THROW(pass.observe(zeros({3, 4}, DType::f64), y), ShapeError);

  for (const double eps : {-0.1, 1.0}) EXPECT_THROW(label_smoothing_loss(z, y, eps), ValueError);
  EXPECT_THROW(confidence_penalty_loss(z, y, -1), ValueError);
  EXPECT_THROW(ger_loss(z, y, 0.5, -1), ValueError);
  for (const double alpha : {-0.1, 1e-4, 1 - 1e-4, 1.1}) EXPECT_THROW(ger_loss(z, y, alpha, 1), ValueError);
}

TEST(MilcReport, SaysWhatItIs) {  // P12
  Generator generator(41);
  Estimate e;
  const auto [z, y] = random_batch(100, 10, generator);
  const Tensor loss = milc_loss(z, y, {.training = false, .report = &e});
  const MilcTerms terms = milc_terms(z, y);
  EXPECT_EQ(loss.item(), milc_loss(z, y).item()) << "a report changes nothing";
  EXPECT_NEAR(e.nats, terms.mi, 1e-12);
  EXPECT_NEAR(e.cap, terms.h_labels, 1e-12);
  EXPECT_EQ(e.kind, Kind::lower);
  EXPECT_EQ(e.flags, 0U);
  EXPECT_EQ(e.n_pos, 100);
  milc_loss(z, y, {.report = &e});
  EXPECT_EQ(e.kind, Kind::neither) << "on training data it is no bound";
  milc_loss(slice(z, 0, 0, 99), slice(y, 0, 0, 99), {.training = false, .report = &e});
  EXPECT_TRUE(e.has(Flag::small_batch_marginal));
  EXPECT_EQ(e.kind, Kind::neither);
}

/// Standard error that the reports of many batches say, over the one that their values show. Labels are 0
/// with probability `prior`, else one of the others.
double reported_over_real_error(double prior, const MilcOptions& options) {
  Generator generator(42);
  const int64_t n = 200;
  const int batches = 400;
  double total = 0, squares = 0, reported = 0;
  for (int i = 0; i < batches; ++i) {
    Estimate e;
    MilcOptions with_report = options;
    with_report.report = &e;
    const auto [noise, other] = random_batch(n, 4, generator, /*absent=*/1, /*spread=*/1);
    const Tensor rare = rand_bernoulli({n}, 1 - prior, DType::f64, generator).to(DType::i64);
    const Tensor y = rare * (other + 1);
    const Tensor signal = eq(unsqueeze(y, 1), unsqueeze(arange(4), 0)).to(DType::f64);
    milc_loss(noise.detach() + 2.0 * signal, y, with_report);
    total += e.nats, squares += e.nats * e.nats, reported += e.std_error;
  }
  const double sd = std::sqrt((squares - total * total / batches) / (batches - 1));
  return reported / batches / sd;
}

TEST(MilcReport, StandardErrorIsCalibrated) {
  // sd of 400 draws is known to 1 / sqrt(800) = 3.5 %: four of those.
  EXPECT_NEAR(reported_over_real_error(0.25, {.training = false}), 1, 0.14);
  EXPECT_NEAR(reported_over_real_error(0.9, {.training = false}), 1, 0.14) << "unequal classes";
  const MilcOptions uniform{.target = MilcTarget::uniform, .training = false};
  EXPECT_NEAR(reported_over_real_error(0.9, uniform), 1, 0.14) << "a target that is no average of the batch";
}

TEST(MilcReport, HasNoStandardErrorOfWhatItDoesNotKnow) {
  Generator generator(43);
  const auto [z, y] = random_batch(100, 4, generator);
  Estimate e;
  milc_loss(z, y, {.form = MilcForm::joint, .report = &e});
  EXPECT_TRUE(std::isnan(e.std_error));
  MilcState state;
  milc_loss(z, y, {.marginal = MilcMarginal::ema, .report = &e}, &state);
  EXPECT_TRUE(std::isnan(e.std_error));
}

}  // namespace
}  // namespace infograd::losses
