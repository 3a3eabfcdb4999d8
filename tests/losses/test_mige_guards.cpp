// MIGE, acceptance 7: samples that break naive code; and what is said about mistakes.
#include <functional>
#include <limits>

#include <gmock/gmock.h>

#include <infograd/core/error.h>

#include "tests/losses/mige_support.h"

namespace infograd::losses {
namespace {

using namespace mige_test;
using ::testing::HasSubstr;

constexpr MigeEstimator kAll[] = {MigeEstimator::ssge, MigeEstimator::whitened_ssge, MigeEstimator::nu_method,
                                  MigeEstimator::stein};

bool finite(const Tensor& x) {
  return all(isfinite(x)).item() != 0;
}

TEST(MigeGuards, Item7_IdenticalSamples) {
  for (const MigeEstimator estimator : kAll)
    for (const DType dtype : {DType::f32, DType::f64}) {
      SsgeInfo info;
      const Tensor x = full({7, 3}, 0.1, dtype);
      const Tensor s = ssge_score(x, {.estimator = estimator}, &info);
      EXPECT_EQ(largest(s), 0);
      EXPECT_TRUE(info.degenerate);
      EXPECT_EQ(info.J, 1);
      if (estimator == MigeEstimator::stein) continue;
      EXPECT_TRUE(finite(ssge_score_at(x, x, {.estimator = estimator}, &info)));
    }
}

TEST(MigeGuards, Item7_IdenticalSamplesWithAFixedBandwidth) {
  for (const MigeEstimator estimator : kAll) {
    SsgeInfo info;
    const SsgeOptions options{
        .eta = 0, .bandwidth = MigeBandwidth::fixed, .sigma = 1, .estimator = estimator};
    EXPECT_EQ(largest(ssge_score(full({7, 3}, 0.1), options, &info)), 0);
    EXPECT_TRUE(info.degenerate);
  }
}

TEST(MigeGuards, DistancesThatOverflowAreNotCalledZero) {
  EXPECT_THROW(ssge_score(normal({9, 2}, 1) * 1e200), ValueError);
  const Tensor x = (normal({9, 2}, 1) * 1e25).to(DType::f32);
  EXPECT_THROW(ssge_score(x, {.compute_in_double = false}), ValueError);
  EXPECT_TRUE(finite(ssge_score(x)));
}

TEST(MigeGuards, Item7_HalfOfTheSamplesAreEqual) {
  const Tensor some = normal({10, 3}, 1);
  const Tensor x = concat({some, expand(row(some, 0), {15, 3})});
  for (const MigeEstimator estimator : kAll)
    for (const MigeBandwidth bandwidth : {MigeBandwidth::paper, MigeBandwidth::offdiag_median}) {
      SsgeInfo info;
      const Tensor s = ssge_score(x, {.bandwidth = bandwidth, .estimator = estimator}, &info);
      EXPECT_TRUE(finite(s)) << static_cast<int>(estimator);
      EXPECT_FALSE(info.degenerate);
      EXPECT_GT(info.sigma, 0.1);
    }
  // Each sample twice, far from the origin: distances of zero are exact.
  const Tensor twice = concat({some, some}) + 1000.0;
  EXPECT_LE(largest(ssge_score(twice) - ssge_score(twice - 1000.0)), 1e-9);
}

TEST(MigeGuards, Item7_SmallTauKeepsOne) {
  SsgeInfo info;
  for (const MigeEigen eigen : {MigeEigen::full, MigeEigen::top, MigeEigen::subspace}) {
    EXPECT_TRUE(finite(ssge_score(normal({200, 2}, 2), {.tau = 1e-6, .eigen = eigen}, &info)));
    EXPECT_EQ(info.J, 1);
  }
}

TEST(MigeGuards, Item7_FixedCountIsHonouredAgain) {
  const SsgeOptions options{.n_eigen = 5};
  for (int call = 0; call < 3; ++call) {
    SsgeInfo info;
    ssge_score(normal({40, 2}, static_cast<uint64_t>(call)), options, &info);
    EXPECT_EQ(info.J, 5) << "call " << call;
  }
}

TEST(MigeGuards, TinyEigenvaluesAreFloored) {
  // Nearly a line: most eigenvalues are rounding.
  const Tensor x = normal({60, 1}, 3);
  SsgeInfo info;
  const Tensor s = ssge_score(x, {.n_eigen = 60}, &info);
  EXPECT_TRUE(finite(s));
  EXPECT_GE(info.lambda_last,
            16 * std::sqrt(60.0) * std::numeric_limits<double>::epsilon() * info.lambda_first * 0.999);
}

TEST(MigeGuards, TwoSamplesAndMoreDimensionsThanSamples) {
  for (const MigeEstimator estimator : kAll) {
    EXPECT_TRUE(finite(ssge_score(normal({2, 3}, 4), {.estimator = estimator})));
    EXPECT_TRUE(finite(ssge_score(normal({5, 20}, 5), {.estimator = estimator})));
  }
}

/// x with a second column that is `value` throughout, as a dead unit of a network gives one.
Tensor with_constant(const Tensor& x, double value) {
  return concat({slice(x, 1, 0, 1), full({x.size(0), 1}, value, x.dtype()), slice(x, 1, 1)}, 1);
}
/// The same with a second column of zeros.
void expect_near_beside_zeros(const Tensor& got, const Tensor& wanted, double tolerance) {
  expect_near(got, with_constant(wanted, 0), tolerance);
  EXPECT_EQ(largest(slice(got, 1, 1, 2)), 0);
}

TEST(MigeGuards, ConstantColumnsSayNothing) {
  for (const MigeEstimator estimator : kAll)
    for (const Tensor& x :
         {normal({40, 3}, 9), normal({7, 6}, 10), normal({5, 9}, 11)}) {  // two with a ridge
      SsgeInfo info, without;
      const Tensor s = ssge_score(with_constant(x, 0.7), {.estimator = estimator}, &info);
      expect_near_beside_zeros(s, ssge_score(x, {.estimator = estimator}, &without), 1e-9);
      EXPECT_EQ(info.constant, 1);
      EXPECT_EQ(without.constant, 0);
      EXPECT_FALSE(info.degenerate);
      EXPECT_NEAR(info.stein, without.stein, 1e-9);
    }
  // The golden value of the specification, beside a dead unit.
  const Tensor six = ssge_score(with_constant(six_points(), -3), {.estimator = MigeEstimator::whitened_ssge});
  expect_near(row(six, 0), matrix({0.10094148727175989, 0, 1.8079072625772055}, 3), 1e-10);
  // So small that its square is 0.
  SsgeInfo info;
  const Tensor tiny = concat({normal({40, 2}, 12), normal({40, 1}, 13) * 1e-170}, 1);
  EXPECT_TRUE(finite(ssge_score(tiny, {.estimator = MigeEstimator::whitened_ssge}, &info)));
  EXPECT_EQ(info.constant, 1);
}

TEST(MigeGuards, ConstantColumnsAtOtherPoints) {
  const Tensor x = normal({40, 3}, 14), q = normal({4, 3}, 15);
  for (const QueryBandwidth rule : {QueryBandwidth::stacked, QueryBandwidth::samples}) {
    const SsgeOptions options{.estimator = MigeEstimator::whitened_ssge, .query_bandwidth = rule};
    expect_near_beside_zeros(ssge_score_at(with_constant(x, 0.7), with_constant(q, 5), options),
                             ssge_score_at(x, q, options), 1e-9);
  }
}

TEST(MigeGuards, ConstantColumnsGetNoGradient) {
  const Tensor x = normal({40, 2}, 16), z = x + normal({40, 2}, 17);
  const auto slope = [&](const Tensor& of) {
    const Tensor leaf = of.clone().set_requires_grad();
    return grad(mige_mi(x, leaf, {.score = {.estimator = MigeEstimator::whitened_ssge}}).surrogate,
                {leaf})[0];
  };
  expect_near_beside_zeros(slope(with_constant(z, 0.7)), slope(z), 1e-9);
}

template <class E>
void expect_message(const std::function<void()>& f, const std::vector<std::string>& parts) {
  try {
    f();
    ADD_FAILURE() << "nothing was thrown; wanted " << parts[0];
  } catch (const E& error) {
    for (const std::string& part : parts) EXPECT_THAT(error.what(), HasSubstr(part));
  } catch (const std::exception& error) {
    ADD_FAILURE() << "another exception: " << error.what();
  }
}

TEST(MigeMessages, Samples) {
  const Tensor x = normal({6, 2}, 6);
  expect_message<ShapeError>([] { ssge_score(zeros({5})); }, {"ssge_score: x is f32[5]", "flatten"});
  expect_message<ShapeError>([] { ssge_score(zeros({1, 3})); }, {"f32[1, 3]", "two samples"});
  expect_message<ShapeError>([] { mige_entropy(zeros({4, 0})); }, {"mige_entropy: y", "f32[4, 0]"});
  expect_message<ValueError>([] { ssge_score(Tensor()); }, {"ssge_score", "x"});
  expect_message<DTypeError>([] { ssge_score(zeros({4, 2}, DType::i64)); }, {"ssge_score"});
  for (const double bad : {std::nan(""), std::numeric_limits<double>::infinity()})
    expect_message<ValueError>([&] { ssge_score(x * bad); }, {"ssge_score: x f64[6, 2]", "not finite"});
  expect_message<ShapeError>(
      [&] {
        ssge_score_at(x, zeros({3, 1}, DType::f64));
      },
      {"f64[3, 1]", "f64[6, 2]"});
  expect_message<ValueError>([&] { ssge_score_at(x, Tensor()); }, {"ssge_score_at", "`q`"});
  for (const QueryBandwidth rule : {QueryBandwidth::stacked, QueryBandwidth::samples})
    expect_message<ValueError>([&] { ssge_score_at(x, x * std::nan(""), {.query_bandwidth = rule}); },
                               {"ssge_score_at: q f64[6, 2]", "not finite"});
  expect_message<ShapeError>(
      [&] {
        mige_mi(x, zeros({5, 2}, DType::f64));
      },
      {"mige_mi: x f64[6, 2]", "f64[5, 2]", "one row per pair"});
  expect_message<DTypeError>([&] { mige_mi(x, zeros({6, 2})); }, {"mige_mi"});
  expect_message<ShapeError>(
      [&] {
        mige_mi_gaussian(x, zeros({6, 1}, DType::f64));
      },
      {"log_sigma f64[6, 1]"});
  expect_message<ValueError>([&] { mige_mi_gaussian(x, Tensor()); }, {"`log_sigma`"});
  expect_message<ValueError>([&] { mige_mi_gaussian(x, x * std::nan("")); }, {"log_sigma", "not finite"});
}

TEST(MigeMessages, Options) {
  const Tensor x = normal({6, 2}, 7);
  const auto refused = [&](const SsgeOptions& options, const std::vector<std::string>& parts) {
    expect_message<ValueError>([&] { ssge_score(x, options); }, parts);
    expect_message<ValueError>([&] { mige_mi(x, x, {.score = options}); }, parts);
  };
  for (const double tau : {0.0, 1.01, std::nan("")}) refused({.tau = tau}, {"tau = "});
  refused({.n_eigen = -1}, {"n_eigen = -1", "6 samples"});
  refused({.n_eigen = 7}, {"n_eigen = 7"});
  refused({.eta = -0.1}, {"eta = -0.1"});
  refused({.bandwidth = MigeBandwidth::fixed}, {"sigma > 0", "found 0"});
  refused({.estimator = MigeEstimator::nu_method, .nu_iterations = 0}, {"nu_iterations = 0"});
  expect_message<ValueError>(
      [] {
        ssge_score(normal({5, 9}, 8), {.estimator = MigeEstimator::whitened_ssge, .whiten_ridge = 0});
      },
      {"5 samples in 9 dimensions", "whiten_ridge"});
  expect_message<ValueError>(
      [&] {
        ssge_score(concat({x, x}, 1), {.estimator = MigeEstimator::whitened_ssge, .whiten_ridge = 0});
      },
      {"covariance of 6 samples in 4 dimensions is singular", "linear functions of others"});
  expect_message<NotImplemented>([&] { ssge_score_at(x, x, {.estimator = MigeEstimator::stein}); },
                                 {"stein"});
  for (const int64_t k : {-1, 3})
    expect_message<ValueError>([&] { mige_mi(x, x, {.rp_dim = k}); }, {"rp_dim = ", "width 2"});
}

}  // namespace
}  // namespace infograd::losses
