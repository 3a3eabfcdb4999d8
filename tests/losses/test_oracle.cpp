// The estimators fed with the true log density ratio of d = 5 correlated Gaussian pairs (table 11.E of the
// specification: mean and spread over 4,000 batches of K = 32), and the calibration of the influence standard
// errors. Seed 2024.
#include <cmath>

#include <gtest/gtest.h>

#include <infograd/autograd/grad_mode.h>
#include <infograd/losses/mi/dv.h>
#include <infograd/losses/mi/info_nce.h>
#include <infograd/losses/mi/jsd.h>
#include <infograd/losses/mi/nwj.h>
#include <infograd/losses/mi/smile.h>
#include <infograd/ops/creation.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/matmul.h>
#include <infograd/ops/random_ops.h>
#include <infograd/ops/reduce.h>
#include <infograd/ops/shape_ops.h>

namespace infograd::losses {
namespace {

constexpr int64_t kPairs = 32, kDepth = 5;

/// log p(x, y) / (p(x) p(y)) of all pairs: quadratic in x and y.
Tensor oracle_scores(double information, Generator& generator) {
  const double rho2 = 1 - std::exp(-2 * information / kDepth), rho = std::sqrt(rho2);
  const Tensor x = rand_normal({kPairs, kDepth}, 0, 1, DType::f64, generator);
  const Tensor noise = rand_normal({kPairs, kDepth}, 0, 1, DType::f64, generator);
  const Tensor y = x * rho + noise * std::sqrt(1 - rho2);
  const Tensor squares = unsqueeze(sum(square(x), {1}), 1) + unsqueeze(sum(square(y), {1}), 0);
  return matmul(x, transpose(y)) * (rho / (1 - rho2)) - squares * (rho2 / (2 * (1 - rho2))) + information;
}

struct Moments {
  double sum = 0, squares = 0, reported = 0;
  int n = 0;
  void add(double value, double std_error = 0) {
    sum += value, squares += value * value, reported += std_error;
    ++n;
  }
  double mean() const { return sum / n; }
  double sd() const { return std::sqrt((squares - sum * sum / n) / (n - 1)); }
  double standard_error() const { return sd() / std::sqrt(n); }
  double mean_reported() const { return reported / n; }
};

struct Oracle {
  Moments plug_in, dv, nwj, nce, smile, jsd;
};

Oracle run(double information, int batches, bool reports) {
  const NoGrad no_grad;
  Generator generator(2024);
  Oracle all;
  Estimate e;
  const ScoreOptions common{.on_nonfinite = OnNonFinite::ignore, .report = reports ? &e : nullptr};
  for (int n = 0; n < batches; ++n) {
    const Tensor s = oracle_scores(information, generator);
    const auto add = [&](Moments& to, const Tensor& loss, double factor = 1) {
      to.add(-loss.item(), factor * e.std_error);
    };
    all.plug_in.add(mean(diagonal(s)).item());
    add(all.dv, dv(s, common));
    add(all.nwj, nwj(s, {.shift = 1, .common = common}));
    add(all.nce, info_nce(s, {.direction = Direction::rows, .common = common}));
    EXPECT_LE(-info_nce(s, {.direction = Direction::rows, .common = common}).item(), std::log(kPairs));
    add(all.jsd, jsd(s, {.report_as = JsdReport::divergence, .common = common}), 2);
    if (!reports) add(all.smile, smile(s, {.tau = 2, .common = common}));
  }
  return all;
}

/// The table's entries carry a standard error of sd / sqrt(4000) themselves, and half a unit of their last
/// digit.
void expect_entry(const Moments& ours, double table, double sd, const char* what) {
  const double joint = std::hypot(ours.standard_error(), sd / std::sqrt(4000.0));
  EXPECT_NEAR(ours.mean(), table, 4 * joint + 0.0005) << what;
  EXPECT_NEAR(ours.sd() / sd, 1, 0.15) << what;
}

TEST(Oracle, OneNat) {
  const Oracle o = run(1, 4000, false);
  expect_entry(o.plug_in, .997, .22, "mean d");
  expect_entry(o.dv, 1.001, .24, "DV");
  expect_entry(o.nwj, .998, .24, "NWJ");
  expect_entry(o.nce, .924, .20, "InfoNCE rows");
  expect_entry(o.smile, 1.058, .24, "SMILE(2)");
  expect_entry(o.jsd, -.950, .09, "JSD");
  EXPECT_NEAR(o.nwj.mean(), 1, 4 * o.nwj.standard_error());
  EXPECT_NEAR(o.plug_in.mean(), 1, 4 * o.plug_in.standard_error());
}

TEST(Oracle, ThreeNats) {
  const Oracle o = run(3, 4000, false);
  expect_entry(o.plug_in, 3.005, .33, "mean d");
  expect_entry(o.dv, 3.055, .44, "DV");
  expect_entry(o.nwj, 3.011, .53, "NWJ");
  expect_entry(o.nce, 2.383, .22, "InfoNCE rows");
  expect_entry(o.smile, 3.555, .41, "SMILE(2)");
  expect_entry(o.jsd, -.387, .08, "JSD");
  EXPECT_NEAR(o.nwj.mean(), 3, 4 * o.nwj.standard_error());
  EXPECT_NEAR(o.plug_in.mean(), 3, 4 * o.plug_in.standard_error());
}

TEST(Oracle, InfluenceStandardErrorsMatchTheSpread) {
  const Oracle o = run(1, 2000, true);
  for (const auto& [moments, what] :
       {std::pair{o.dv, "DV"}, {o.nwj, "NWJ"}, {o.nce, "InfoNCE"}, {o.jsd, "JSD"}}) {
    const double ratio = moments.mean_reported() / moments.sd();
    EXPECT_GT(ratio, 0.85) << what;
    EXPECT_LT(ratio, 1.15) << what;
  }
}

/// A pair with one drawn negative shares it with hardly anyone.
TEST(Oracle, InfoNceStandardErrorsMatchTheSpreadOfDrawnNegatives) {
  const NoGrad no_grad;
  for (const int64_t drawn : {1, 4})
    for (const Direction direction : {Direction::rows, Direction::symmetric}) {
      Generator generator(2024), negatives(7);
      Moments moments;
      for (int n = 0; n < 1500; ++n) {
        const Scores scores(
            oracle_scores(1, generator),
            {.policy = Negatives::Policy::derangement, .per_positive = drawn, .generator = &negatives});
        Estimate e;
        info_nce(scores, {.direction = direction, .common = {.report = &e}});
        moments.add(e.nats, e.std_error);
      }
      const double ratio = moments.mean_reported() / moments.sd();
      EXPECT_GT(ratio, 0.85) << drawn;
      EXPECT_LT(ratio, 1.15) << drawn;
    }
}

TEST(Oracle, NearTheCap) {
  Generator generator(2024);
  Estimate e;
  info_nce(oracle_scores(10, generator), {.direction = Direction::rows, .common = {.report = &e}});
  EXPECT_TRUE(e.has(Flag::near_cap));
  EXPECT_EQ(e.kind, Kind::lower);
}

}  // namespace
}  // namespace infograd::losses
