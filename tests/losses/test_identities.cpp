// What the losses are to each other, and what they do not change under.
#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include <infograd/autograd/engine.h>
#include <infograd/losses/mi/dv.h>
#include <infograd/losses/mi/info_nce.h>
#include <infograd/losses/mi/jsd.h>
#include <infograd/losses/mi/mine.h>
#include <infograd/losses/mi/nt_xent.h>
#include <infograd/losses/mi/nwj.h>
#include <infograd/losses/mi/primitives.h>
#include <infograd/losses/mi/smile.h>
#include <infograd/losses/mi/tuba.h>
#include <infograd/ops/creation.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/index.h>
#include <infograd/ops/matmul.h>
#include <infograd/ops/random_ops.h>
#include <infograd/ops/reduce.h>
#include <infograd/ops/shape_ops.h>

namespace infograd::losses {
namespace {

Tensor random_scores(int64_t k, uint64_t seed, DType dtype = DType::f64) {
  Generator generator(seed);
  return rand_normal({k, k}, 0, 1.5, dtype, generator).set_requires_grad();
}

Tensor gradient(const Tensor& loss, const Tensor& x) {
  return grad(loss, {x})[0];
}

double largest_difference(const Tensor& a, const Tensor& b) {
  return max(abs(a - b)).item();
}

constexpr double kTolerance = 1e-12;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

TEST(Identities, DvIgnoresAConstantAndItsGradientSumsToZero) {
  const Tensor s = random_scores(6, 1);
  EXPECT_NEAR(dv(s).item(), dv(s + 3.7).item(), kTolerance);
  EXPECT_NEAR(sum(gradient(dv(s), s)).item(), 0, kTolerance);
}

TEST(Identities, InfoNceIgnoresWhatItShould) {
  const Tensor s = random_scores(6, 2);
  const Tensor c = linspace(-2, 3, 6, DType::f64);
  const auto value = [](const Tensor& scores, Direction direction) {
    return info_nce(scores, {.direction = direction}).item();
  };
  EXPECT_NEAR(value(s, Direction::rows), value(s + unsqueeze(c, 1), Direction::rows), kTolerance);
  EXPECT_NEAR(value(s, Direction::columns), value(s + unsqueeze(c, 0), Direction::columns), kTolerance);
  EXPECT_NEAR(value(s, Direction::rows), value(transpose(s), Direction::columns), kTolerance);
  EXPECT_NEAR(value(s, Direction::symmetric), (value(s, Direction::rows) + value(s, Direction::columns)) / 2,
              kTolerance);
  EXPECT_GT(std::abs(value(s, Direction::rows) - value(s, Direction::columns)), 1e-3)
      << "they are two numbers";
  const Tensor equal = full({5, 5}, -3.0, DType::f64).set_requires_grad();
  EXPECT_NEAR(info_nce(equal).item(), 0, kTolerance);
  const Tensor push = (1.0 / 5 - eye(5, DType::f64)) / 5;  // every row and column of it sums to 0
  EXPECT_LT(largest_difference(gradient(info_nce(equal), equal), push), kTolerance);
  EXPECT_NEAR(info_nce(s, {.temperature = 0.3}).item(), info_nce(s / 0.3).item(), kTolerance);
}

TEST(Identities, TubaContainsNwj) {
  const Tensor s = random_scores(5, 3), one = ones({5}, DType::f64);
  EXPECT_NEAR(tuba(s, one).item(), nwj(s).item(), kTolerance);
  const Tensor log_a = linspace(-1, 1, 5, DType::f64), c = linspace(2, -3, 5, DType::f64);
  EXPECT_NEAR(tuba(s, log_a).item(), tuba(s + unsqueeze(c, 0), log_a + c).item(), kTolerance);
}

TEST(Identities, NwjOfAConstantCritic) {
  for (const double c : {-1.0, 0.0, 0.5})
    EXPECT_NEAR(-nwj(full({4, 4}, 1 + c, DType::f64)).item(), 1 + c - std::exp(c), kTolerance);
  const Tensor s = random_scores(4, 4);
  EXPECT_NEAR(nwj(s, {.shift = 1}).item(), nwj(s + 1.0).item(), kTolerance);
}

TEST(Identities, JsdOfAZeroCritic) {
  Estimate estimate;
  const Tensor loss =
      jsd(zeros({4, 4}, DType::f64), {.report_as = JsdReport::divergence, .common = {.report = &estimate}});
  EXPECT_NEAR(loss.item(), 2 * std::log(2.0), kTolerance);
  EXPECT_NEAR(estimate.nats, 0, kTolerance);
  EXPECT_FALSE(estimate.is_mi());
}

TEST(Identities, SmileHasTheGradientOfJsdBitForBit) {
  for (const DType dtype : {DType::f32, DType::f64}) {
    const Tensor s = random_scores(7, 5, dtype);
    const Tensor a = gradient(smile(s, {.tau = 1}), s).to(DType::f64), b = gradient(jsd(s), s).to(DType::f64);
    EXPECT_EQ(a.to_vector<double>(), b.to_vector<double>());
  }
  const Tensor s = random_scores(7, 6);
  EXPECT_NEAR(smile(s, {.tau = kInfinity}).item(), dv(s).item(), kTolerance);
}

TEST(Identities, MineWithoutMemoryIsDv) {
  const Tensor s = random_scores(6, 7);
  MineState forgetful, fresh;
  mine(random_scores(6, 8), forgetful, {.ema_decay = 0});
  EXPECT_LT(largest_difference(gradient(mine(s, forgetful, {.ema_decay = 0}), s), gradient(dv(s), s)),
            kTolerance);
  EXPECT_LT(largest_difference(gradient(mine(s, fresh), s), gradient(dv(s), s)), kTolerance) << "first step";
  MineState state;
  const Tensor constant = full({4, 4}, 2.5, DType::f64);
  for (int t = 0; t < 5; ++t) EXPECT_NEAR(mine(constant, state).item(), -2.5 + 1, kTolerance) << t;
}

TEST(Identities, NtXentIsInfoNceWithAllOtherViewsAsCandidates) {
  Generator generator(9);
  const Tensor a = rand_normal({4, 3}, 0, 1, DType::f64, generator),
               b = rand_normal({4, 3}, 0, 1, DType::f64, generator);
  const Tensor z = normalize_rows(concat({a, b}));
  const Tensor s = matmul(z, transpose(z)) / 0.5;
  std::vector<Tensor> negatives, positives;  // row i: its partner, and the 6 others
  for (int64_t i = 0; i < 8; ++i) {
    std::vector<int64_t> others;
    for (int64_t j = 0; j < 8; ++j)
      if (j != i && j != (i + 4) % 8) others.push_back(j);
    negatives.push_back(index_select(select(s, 0, i), 0, from_data(others, {6})));
    positives.push_back(select(select(s, 0, i), 0, (i + 4) % 8));
  }
  const Tensor as_info_nce =
      info_nce(Scores::pairs(stack(positives), stack(negatives), true), {.direction = Direction::rows});
  EXPECT_NEAR(nt_xent(a, b).item() - std::log(7.0), as_info_nce.item(), kTolerance);
}

TEST(Identities, MatrixAndExplicitNegativesAgree) {
  const int64_t k = 5;
  const Tensor s = random_scores(k, 10);
  std::vector<int64_t> columns;
  for (int64_t i = 0; i < k; ++i)
    for (int64_t j = 0; j < k; ++j)
      if (i != j) columns.push_back(j);
  const Scores pairs = Scores::pairs(diagonal(s), gather(s, 1, from_data(columns, {k, k - 1})), true);
  EXPECT_NEAR(dv(pairs).item(), dv(s).item(), kTolerance);
  EXPECT_NEAR(nwj(pairs).item(), nwj(s).item(), kTolerance);
  EXPECT_NEAR(jsd(pairs).item(), jsd(s).item(), kTolerance);
  EXPECT_NEAR(info_nce(pairs, {.direction = Direction::rows}).item(),
              info_nce(s, {.direction = Direction::rows}).item(), kTolerance);
}

TEST(Identities, AWeightOfTwoIsTheNegativeTwice) {
  const Tensor positive = diagonal(random_scores(4, 12)), negative = slice(random_scores(4, 13), 1, 0, 3);
  const Scores twice = Scores::pairs(positive, concat({negative, negative}, 1), true);
  const Scores weighted = Scores::pairs(positive, negative, true, scalar(std::log(2.0), DType::f64));
  for (const double temperature : {1.0, 0.1, 3.0}) {
    const InfoNceOptions options{.direction = Direction::rows, .temperature = temperature};
    EXPECT_NEAR(info_nce(twice, options).item() + std::log(7.0),
                info_nce(weighted, options).item() + std::log(4.0), kTolerance)
        << temperature;
  }
  // The weights do not have mean 1 here: the mean over 3 entries is log 2 above that over 6.
  EXPECT_NEAR(dv(twice).item() + std::log(2.0), dv(weighted).item(), kTolerance);
  EXPECT_NEAR(smile(twice, {.tau = 0.4}).item() + std::log(2.0), smile(weighted, {.tau = 0.4}).item(),
              kTolerance);
}

TEST(Identities, SeveralScoresPerPairOfOneLocationAreAMatrix) {
  const Tensor s = random_scores(4, 11);
  const Tensor local = unsqueeze(s, 2);
  EXPECT_NEAR(jsd(local).item(), jsd(s).item(), kTolerance);
  EXPECT_NEAR(dv(local).item(), dv(s).item(), kTolerance);
  EXPECT_NEAR(smile(local).item(), smile(s).item(), kTolerance);
  const Tensor repeated = expand(local, {4, 4, 3});
  EXPECT_NEAR(nwj(repeated).item(), nwj(s).item(), kTolerance);
}

TEST(Primitives, GuardedExpIsOnceDifferentiableAtItsEnd) {
  for (const double u : {-800.0, 0.0, 39.0})
    EXPECT_NEAR(guarded_exp(scalar(u, DType::f64)).item(), std::exp(u), 1e-12 * std::exp(u));
  EXPECT_NEAR(guarded_exp(scalar(42, DType::f64)).item() / std::exp(40), 3, 1e-12);
  EXPECT_NEAR(guarded_exp(42.0) / std::exp(40), 3, 1e-12);
  const Tensor u = tensor({39.9999999, 40.0000001, 1e4}, DType::f64).set_requires_grad();
  for (const double slope : gradient(sum(guarded_exp(u)), u).to_vector<double>())
    EXPECT_NEAR(slope / std::exp(40), 1, 1e-6);
}

}  // namespace
}  // namespace infograd::losses
