// Estimates: standard errors and values of the worked example, flags, kinds, caps; negatives policies;
// degenerate input.
#include <cmath>
#include <functional>
#include <limits>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <infograd/autograd/engine.h>
#include <infograd/core/error.h>
#include <infograd/losses/estimators/accumulate.h>
#include <infograd/losses/estimators/diagnostics.h>
#include <infograd/losses/mi/dv.h>
#include <infograd/losses/mi/info_nce.h>
#include <infograd/losses/mi/jsd.h>
#include <infograd/losses/mi/mine.h>
#include <infograd/losses/mi/nt_xent.h>
#include <infograd/losses/mi/nwj.h>
#include <infograd/losses/mi/smile.h>
#include <infograd/losses/mi/tuba.h>
#include <infograd/ops/creation.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/index.h>
#include <infograd/ops/random_ops.h>
#include <infograd/ops/reduce.h>
#include <infograd/ops/shape_ops.h>

namespace infograd::losses {
namespace {

Tensor worked_example() {
  return tensor({{1.5, -0.5, 0.25}, {0.75, 2, -1.25}, {-0.25, 0.5, 1}}, DType::f64);
}

Negatives by_labels(std::vector<int64_t> labels) {
  const auto n = static_cast<int64_t>(labels.size());
  return {.policy = Negatives::Policy::label_aware, .labels = from_data(labels, {n})};
}

TEST(Reports, StandardErrorsOfTheWorkedExample) {
  const Tensor s = worked_example();
  Estimate e;
  dv(s, {.report = &e});
  EXPECT_NEAR(e.std_error, .2146481820, 1e-9);
  EXPECT_EQ(e.kind, Kind::lower);
  EXPECT_TRUE(e.has(Flag::finite_sample_bias_up));
  EXPECT_TRUE(e.has(Flag::low_ess)) << "6 negatives";
  EXPECT_EQ(e.n_pos, 3);
  EXPECT_EQ(e.n_neg, 6);
  nwj(s, {.common = {.report = &e}});
  EXPECT_NEAR(e.std_error, .2551422403, 1e-9);
  info_nce(s, {.direction = Direction::rows, .common = {.report = &e}});
  EXPECT_NEAR(e.std_error, .0157634041, 1e-9);
  EXPECT_NEAR(e.cap, std::log(3.0), 1e-12);
  EXPECT_NEAR(e.nats, .6746934643, 1e-9);
  jsd(s, {.report_as = JsdReport::divergence, .common = {.report = &e}});
  EXPECT_NEAR(2 * e.std_error, .0468875029, 1e-9) << "the objective is twice the divergence";
  EXPECT_NEAR(e.nats, .2329772765, 1e-9);
  EXPECT_NEAR(e.cap, std::log(2.0), 1e-12);
  jsd(s, {.common = {.report = &e}});
  EXPECT_NEAR(e.nats, 1.5, 1e-12);
  EXPECT_EQ(e.kind, Kind::neither);
  jsd(s, {.report_as = JsdReport::nwj, .common = {.report = &e}});
  EXPECT_NEAR(e.nats, -nwj(s, {.shift = 1}).item(), 1e-12);
  EXPECT_EQ(e.kind, Kind::lower);
  smile(s, {.tau = 0.6, .common = {.report = &e}});
  EXPECT_NEAR(e.nats, 1.3912938024, 1e-9);
  EXPECT_TRUE(e.has(Flag::clipped_fraction)) << "2 of 6 negatives lie beyond 0.6";
  smile(s, {.common = {.report = &e}});
  EXPECT_FALSE(e.has(Flag::clipped_fraction));
}

TEST(Reports, TiledInfoNceReportsLikeTheDenseOne) {
  Generator generator(1);
  const Tensor u = rand_normal({9, 4}, 0, 1, DType::f64, generator),
               v = rand_normal({9, 4}, 0, 1, DType::f64, generator);
  const Tensor s = sum(unsqueeze(u, 1) * unsqueeze(v, 0), {2});
  const std::vector<int64_t> labels{0, 0, 1, 2, 3, 4, 5, 5, 6};
  for (const Direction direction : {Direction::rows, Direction::columns, Direction::symmetric}) {
    Estimate dense, tiled;
    const double a =
        info_nce(s, {.direction = direction, .temperature = 0.7, .common = {.report = &dense}}).item();
    const double b =
        info_nce(u, v, {.direction = direction, .temperature = 0.7, .tile = 4, .common = {.report = &tiled}})
            .item();
    EXPECT_NEAR(a, b, 1e-12);
    EXPECT_NEAR(dense.nats, tiled.nats, 1e-12);
    EXPECT_NEAR(dense.std_error, tiled.std_error, 1e-12);
    EXPECT_EQ(dense.n_neg, tiled.n_neg);
    const Scores aware(s, by_labels(labels));
    const double c = info_nce(aware, {.direction = direction, .common = {.report = &dense}}).item();
    const double d = info_nce(u, v,
                              {.direction = direction,
                               .labels = from_data(labels, {9}),
                               .tile = 4,
                               .common = {.report = &tiled}})
                         .item();
    EXPECT_NEAR(c, d, 1e-12);
    EXPECT_NEAR(dense.std_error, tiled.std_error, 1e-12);
    EXPECT_EQ(dense.n_neg, tiled.n_neg);
    EXPECT_NEAR(dense.cap, tiled.cap, 1e-12);
    EXPECT_EQ(tiled.flags, dense.flags);
    EXPECT_EQ(tiled.kind, Kind::neither) << "label-aware negatives are biased";
  }
}

TEST(Reports, MineOfThreeBatches) {
  const double log_average[] = {.1135642147, .0610908948, .2467986433};
  const double weight[] = {1, .9515130002, 1.2898171627}, factor[] = {1, .5, 2};
  MineState state;
  for (int t = 0; t < 3; ++t) {
    const Tensor s = worked_example() * factor[t];
    const double loss = mine(s, state).item();
    EXPECT_NEAR(state.log_m - std::log(1 - std::pow(.9, t + 1)), log_average[t], 1e-9);
    EXPECT_NEAR(loss + 1.5 * factor[t], weight[t], 1e-9);
  }
  Estimate e;
  mine(worked_example() * 8.0, state, {.common = {.report = &e}});
  EXPECT_TRUE(e.has(Flag::ema_mismatch));
}

TEST(Reports, MineStateSurvivesACheckpoint) {
  MineState state;
  for (const double factor : {1.0, 0.5, 2.0}) mine(worked_example() * factor, state);
  MineState restored;
  restored.load(state.save());
  const MineState frozen = state;
  mine(worked_example(), state, {.training = false});
  EXPECT_EQ(state.log_m, frozen.log_m);
  EXPECT_EQ(state.t, frozen.t);
  EXPECT_EQ(mine(worked_example(), state).item(), mine(worked_example(), restored).item());
  EXPECT_EQ(state.log_m, restored.log_m);
  EXPECT_EQ(state.t, restored.t);
  restored.reset();
  EXPECT_EQ(restored.t, 0);
  EXPECT_EQ(restored.log_average(0.9), -std::numeric_limits<double>::infinity()) << "no average yet";
  EXPECT_THROW(restored.load(tensor({0, -1}, DType::f64)), ValueError);
  EXPECT_THROW(restored.load(tensor({std::nan(""), 1}, DType::f64)), ValueError);
}

TEST(Reports, LabelAwareNegatives) {
  Estimate e;
  const Scores scores(worked_example(), by_labels({0, 0, 1}));
  EXPECT_NEAR(-dv(scores, {.report = &e}).item(), 1.5004870518, 1e-9);
  EXPECT_EQ(e.n_neg, 4);
  EXPECT_TRUE(e.has(Flag::negatives_biased));
  EXPECT_EQ(e.kind, Kind::neither);
  EXPECT_NEAR(-info_nce(scores, {.direction = Direction::rows}).item(), .5189181981, 1e-9);
}

TEST(Reports, RowsWithoutNegativesContributeNothing) {
  Tensor s = worked_example().set_requires_grad();
  Estimate e;
  const Tensor none = info_nce(Scores(s, by_labels({3, 3, 3})), {.common = {.report = &e}});
  EXPECT_EQ(none.item(), 0);
  EXPECT_EQ(max(abs(grad(none, {s})[0])).item(), 0);
  EXPECT_TRUE(e.has(Flag::no_negatives));
  EXPECT_EQ(e.kind, Kind::neither);
  EXPECT_THROW(info_nce(Scores(s, by_labels({3, 3, 3})), {.common = {.strict = true}}), ValueError);
}

TEST(Reports, ABatchOfOneIsZeroUnlessStrict) {
  const Tensor one = full({1, 1}, 2.0, DType::f64).set_requires_grad();
  const Tensor log_a = zeros({1}, DType::f64);
  MineState state;
  const auto losses = [&](const ScoreOptions& options) {
    return std::vector<std::function<Tensor()>>{
        [&, options] { return dv(one, options); },
        [&, options] { return mine(one, state, {.common = options}); },
        [&, options] { return nwj(one, {.common = options}); },
        [&, options] { return tuba(one, log_a, options); },
        [&, options] { return info_nce(one, {.common = options}); },
        [&, options] { return info_nce(one, one, {.common = options}); },
        [&, options] { return nt_xent(one, one, {.common = options}); },
        [&, options] { return jsd(one, {.common = options}); },
        [&, options] { return smile(one, {.common = options}); }};
  };
  Estimate e;
  for (const auto& loss : losses({.report = &e})) {
    e = {};
    const Tensor value = loss();
    EXPECT_EQ(value.item(), 0);
    EXPECT_EQ(grad(value, {one})[0].item(), 0);
    EXPECT_TRUE(e.has(Flag::no_negatives));
    EXPECT_EQ(e.nats, 0);
    EXPECT_NE(e.kind, Kind::lower);
  }
  for (const auto& loss : losses({.strict = true})) EXPECT_THROW(loss(), ValueError);
}

TEST(Reports, NonFiniteInputThrowsOrIsFlagged) {
  for (const double bad :
       {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    const Tensor s = tensor({{1, bad}, {0, 1}}, DType::f64).set_requires_grad();
    EXPECT_THROW(dv(s), ValueError);
    EXPECT_THROW(info_nce(s, s), ValueError);
    Estimate e;
    const ScoreOptions flag{.on_nonfinite = OnNonFinite::flag, .report = &e};
    MineState state;
    for (const Tensor& loss :
         {dv(s, flag), nwj(s, {.common = flag}), jsd(s, {.common = flag}), smile(s, {.common = flag}),
          mine(s, state, {.common = flag}), info_nce(s, {.common = flag}), info_nce(s, s, {.common = flag}),
          nt_xent(s, s, {.common = flag}), tuba(s, zeros({2}, DType::f64), flag)}) {
      EXPECT_EQ(loss.item(), 0);
      EXPECT_EQ(max(abs(grad(loss, {s})[0])).item(), 0);
      EXPECT_TRUE(e.has(Flag::nonfinite_input));
    }
    EXPECT_EQ(state.t, 0) << "a bad batch leaves the average alone";
  }
}

TEST(Reports, OneDominatingNegative) {
  Generator generator(3);
  Tensor s = rand_normal({8, 8}, 0, 1, DType::f64, generator);
  const Tensor first_row = one_hot(from_data(std::vector<int64_t>{1}, {1}), 8, DType::f64);
  s = s + concat({first_row, zeros({7, 8}, DType::f64)}) * 20.0;
  Estimate e;
  dv(s, {.report = &e});
  EXPECT_TRUE(e.has(Flag::low_ess));
  nwj(s * 10.0, {.common = {.report = &e}});
  EXPECT_TRUE(e.has(Flag::exp_clamped));
  EXPECT_EQ(e.kind, Kind::neither) << "a clamped exponential is no bound";
}

TEST(Reports, Text) {
  Estimate e{.nats = 1.25, .kind = Kind::lower, .cap = 2, .std_error = 0.125, .n_pos = 4, .n_neg = 12};
  EXPECT_EQ(to_string(e), "1.2500 nats +- 0.1250, lower bound, cap 2.0000, 4 pairs, 12 negatives");
  e.raise(Flag::near_cap);
  EXPECT_EQ(e.kind, Kind::lower);
  e.raise(Flag::exp_clamped);
  EXPECT_EQ(e.kind, Kind::neither);
  EXPECT_EQ(flag_names(e.flags), "near_cap exp_clamped");
  EXPECT_NEAR(to_bits(e.nats), 1.25 / std::log(2.0), 1e-15);
  EXPECT_EQ(e.needed_pairs(), std::ceil(std::exp(2.25)));
}

TEST(Negatives, Derangements) {
  Generator generator(5);
  for (int64_t k = 2; k <= 10; ++k)
    for (int n = 0; n < 10000; ++n) {
      const std::vector<int64_t> pi = derangement(k, generator).to_vector<int64_t>();
      std::vector<bool> seen(pi.size());
      for (size_t i = 0; i < pi.size(); ++i) {
        ASSERT_NE(pi[i], static_cast<int64_t>(i));
        seen[static_cast<size_t>(pi[i])] = true;
      }
      ASSERT_THAT(seen, ::testing::Each(true));
    }
  std::map<std::vector<int64_t>, int> counts;
  for (int n = 0; n < 9000; ++n) ++counts[derangement(4, generator).to_vector<int64_t>()];
  EXPECT_EQ(counts.size(), 9U);
  const double sd = std::sqrt(9000 * (1.0 / 9) * (8.0 / 9));
  for (const auto& [pi, count] : counts) EXPECT_NEAR(count, 1000, 4 * sd);
  EXPECT_THROW(derangement(1), ValueError);
  EXPECT_THROW(cyclic_derangement(4, 8), ValueError);
  EXPECT_EQ(cyclic_derangement(3, -1).to_vector<int64_t>(), (std::vector<int64_t>{2, 0, 1}));
}

TEST(Negatives, DerangementPolicyTakesOneNegativePerRow) {
  Generator generator(6);
  const Scores scores(worked_example(),
                      {.policy = Negatives::Policy::derangement, .per_positive = 1, .generator = &generator});
  EXPECT_EQ(scores.negative_count(), 3);
  Estimate e;
  jsd(scores, {.common = {.report = &e}});
  EXPECT_EQ(e.n_neg, 3);
  EXPECT_FALSE(e.has(Flag::negatives_biased));
}

TEST(Negatives, Messages) {
  const Tensor s = worked_example();
  EXPECT_THROW(dv(zeros({2, 3}, DType::f64)), ShapeError);
  EXPECT_THROW(dv(zeros({2, 2}, DType::i64)), DTypeError);
  EXPECT_THROW(Scores(s, by_labels({0, 1})), ShapeError);
  EXPECT_THROW(Scores(s, {.policy = Negatives::Policy::label_aware, .labels = zeros({3})}), DTypeError);
  EXPECT_THROW(info_nce(s, {.temperature = 0}), ValueError);
  EXPECT_THROW(smile(s, {.tau = -1}), ValueError);
  MineState state;
  EXPECT_THROW(mine(s, state, {.ema_decay = 1}), ValueError);
  EXPECT_THROW(tuba(s, zeros({2}, DType::f64)), ShapeError);
  EXPECT_THROW(tuba(s, zeros({3})), DTypeError);
  EXPECT_THROW(info_nce(unsqueeze(s, 2)), ShapeError);
}

TEST(Diagnostics, OfTheWorkedExample) {
  const Tensor s = worked_example();
  EXPECT_NEAR(effective_negatives(s), 4.5612138409, 1e-9);
  EXPECT_NEAR(effective_negatives(full({4, 4}, 9, DType::f64)), 12, 1e-9) << "equal scores: all of them";
  EXPECT_NEAR(clipped_fraction(s, 0.6), 2.0 / 6, 1e-12);
  EXPECT_THROW(clipped_fraction(s, -1), ValueError);
  const Tensor alone = ones({1, 1}, DType::f64);
  EXPECT_EQ(effective_negatives(alone), 0);
  EXPECT_EQ(clipped_fraction(alone), 0);
  MineState state;
  mine(s, state);
  EXPECT_NEAR(ema_log_ratio(s, state), 0, 1e-12);
  mine(s * 0.5, state);
  EXPECT_NEAR(ema_log_ratio(s * 0.5, state), std::log(.9515130002), 1e-9);
  EXPECT_THROW(ema_log_ratio(s, MineState()), ValueError);
}

TEST(Diagnostics, CapAndGap) {
  const Tensor perfect =
      eye(32, DType::f64) * 50.0;  // the pairs are recognised with certainty: log K at every K
  const CapCheck limited = check_cap(perfect);
  EXPECT_NEAR(limited.full, std::log(32.0), 1e-9);
  EXPECT_NEAR(limited.quarter, std::log(8.0), 1e-9);
  EXPECT_TRUE(limited.cap_limited);
  EXPECT_FALSE(check_cap(eye(32, DType::f64)).cap_limited);
  EXPECT_THROW(check_cap(eye(4)), ValueError);
  const Gap gap = generalization_gap({.nats = 2, .std_error = 0.3}, {.nats = 1.5, .std_error = 0.4});
  EXPECT_NEAR(gap.nats, 0.5, 1e-12);
  EXPECT_NEAR(gap.std_error, 0.5, 1e-12);
}

TEST(Accumulator, OneBatchAgreesWithTheLosses) {
  const Tensor s = worked_example();
  MiAccumulator all(0.6);
  all.add(s);
  Estimate e;
  EXPECT_THROW(MiAccumulator(-1), ValueError);
  dv(s, {.report = &e});
  EXPECT_TRUE(e.has(Flag::low_ess));
  EXPECT_EQ(all.dv().flags, e.flags);
  EXPECT_NEAR(all.dv().nats, e.nats, 1e-12);
  EXPECT_NEAR(all.dv().std_error, e.std_error, 1e-12);
  nwj(s, {.shift = 1, .common = {.report = &e}});
  EXPECT_NEAR(all.nwj(1).nats, e.nats, 1e-12);
  EXPECT_EQ(all.nwj(1).flags, e.flags);
  EXPECT_NEAR(all.nwj(1).std_error, e.std_error, 1e-12);
  smile(s, {.tau = 0.6, .common = {.report = &e}});
  EXPECT_NEAR(all.smile().nats, e.nats, 1e-12);
  EXPECT_EQ(all.smile().flags, e.flags);
  jsd(s, {.report_as = JsdReport::divergence, .common = {.report = &e}});
  EXPECT_NEAR(all.jensen_shannon().nats, e.nats, 1e-12);
  EXPECT_NEAR(all.jensen_shannon().std_error, e.std_error, 1e-12);
  info_nce(s, {.common = {.report = &e}});
  EXPECT_NEAR(all.info_nce().nats, e.nats, 1e-12);
  EXPECT_NEAR(all.info_nce().std_error, e.std_error, 1e-12);
  EXPECT_NEAR(all.plug_in().nats, 1.5, 1e-12);
}

TEST(Accumulator, PoolsThePartitionInsteadOfAveragingLogarithms) {
  const Tensor a = worked_example(), b = worked_example() * -2.0;
  MiAccumulator both;
  both.add(a);
  both.add(b);
  // The loss is log m - mean d, with mean d = 1.5 and -3: m is the mean of the two partitions.
  const double pooled = std::log((std::exp(dv(a).item() + 1.5) + std::exp(dv(b).item() - 3.0)) / 2);
  EXPECT_NEAR(both.dv().nats, (1.5 - 3.0) / 2 - pooled, 1e-12);
  EXPECT_TRUE(both.dv().has(Flag::low_ess));
  MiAccumulator many;  // 6 equal negatives in each batch are enough together
  for (int batch = 0; batch < 2; ++batch) many.add(zeros({3, 3}, DType::f64));
  EXPECT_FALSE(many.dv().has(Flag::low_ess));
  EXPECT_EQ(both.dv().n_pos, 6);
  EXPECT_EQ(both.dv().n_neg, 12);
  EXPECT_THROW(MiAccumulator().dv(), ValueError);
}

}  // namespace
}  // namespace infograd::losses
