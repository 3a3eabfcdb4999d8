// MIGE, acceptance 4 and 5: what the surrogates are made of, apart from how good the scores are.
#include <infograd/losses/mi/mige/ssge_scores.h>

#include "tests/losses/mige_support.h"

namespace infograd::losses {
namespace {

using namespace mige_test;

TEST(MigeSurrogate, Item4_ExactScoresGiveTheExactEstimator) {
  Generator generator(1);
  const Toy toy(200, 4, generator);
  for (const double at : {-0.6, 0.0, 0.3, 0.8}) {
    const Tensor rho = parameter(at);
    const Tensor y = toy.y(rho), constant = y.detach();
    const Tensor joint = (constant - toy.x * at) / (at * at - 1), marginal = -constant;
    const double got = grad(ssge::mean_product(joint - marginal, y), {rho})[0].item();
    const double wanted = at * sum(square(toy.slope(at))).item() / 200;
    EXPECT_NEAR(got, wanted, 1e-12 * std::max(1.0, std::abs(wanted))) << at;
    if (at == 0) {
      EXPECT_EQ(std::abs(got), 0);
    }
  }
}

TEST(MigeSurrogate, Item5_FrozenCoefficientsAreTheWholeGradient) {
  Generator generator(2);
  const Tensor x = normal({40, 3}, generator), weight = normal({2, 3}, generator);
  const auto encode = [&](const Tensor& w) { return tanh(linear(x, w)); };
  // The coefficients, from the scores alone.
  const Tensor z0 = encode(weight);
  const Tensor joint = ssge_score(concat({x, z0}, 1)), frozen = slice(joint, 1, 3) - ssge_score(z0);
  const auto value = [&](const Tensor& w) { return sum(frozen * encode(w)).item() / 40; };

  Tensor w = weight.clone();
  w.set_requires_grad();
  const Tensor z = encode(w);
  const MigeResult result = mige_mi(x, z);
  const std::vector<Tensor> g = grad(result.surrogate, {w, z}, false, true);
  expect_near(g[1], frozen / 40.0, 1e-14);
  const std::vector<double> slopes = g[0].to_vector<double>();
  constexpr double step = 1e-4;  // central difference of fourth order
  for (int64_t i = 0; i < 6; ++i) {
    std::vector<double> unit(6, 0.0);
    unit[static_cast<size_t>(i)] = step;
    const Tensor h = from_data(unit, {2, 3});
    const double difference =
        (8 * (value(weight + h) - value(weight - h)) - (value(weight + h * 2) - value(weight - h * 2))) /
        (12 * step);
    EXPECT_NEAR(slopes[static_cast<size_t>(i)], difference, 1e-8 * std::max(1.0, std::abs(difference)));
  }
}

TEST(MigeSurrogate, Item5_NoGradientFlowsIntoScores) {
  Tensor x = normal({20, 2}, 3);
  x.set_requires_grad();
  EXPECT_FALSE(ssge_score(x).requires_grad());
  EXPECT_FALSE(ssge_score_at(x, x).requires_grad());
  expect_near(grad(mige_entropy(x), {x})[0], ssge_score(x) / -20.0, 1e-15);
}

TEST(MigeSurrogate, XMarginalIsThereWhenXIsLearned) {
  Tensor x = normal({30, 2}, 4), z = normal({30, 3}, 5) + sum(x, {1}, true);
  const Tensor joint = ssge_score(concat({x, z}, 1)), sx = ssge_score(x), sz = ssge_score(z);
  const auto gradients = [&](XMarginal when) {
    MigeResult result = mige_mi(x, z, {.x_marginal = when});
    EXPECT_EQ(result.marginal_x.J > 0,
              when == XMarginal::always || (when == XMarginal::automatic && x.requires_grad()));
    return result;
  };
  gradients(XMarginal::automatic);
  gradients(XMarginal::always);
  EXPECT_FALSE(mige_mi(x, z).surrogate.requires_grad()) << "diagnostics only";
  x.set_requires_grad();
  z.set_requires_grad();
  const std::vector<Tensor> learned = grad(gradients(XMarginal::automatic).surrogate, {x, z});
  expect_near(learned[0], (slice(joint, 1, 0, 2) - sx) / 30.0, 1e-14);
  expect_near(learned[1], (slice(joint, 1, 2) - sz) / 30.0, 1e-14);
  expect_near(grad(gradients(XMarginal::never).surrogate, {x})[0], slice(joint, 1, 0, 2) / 30.0, 1e-14);
}

TEST(MigeSurrogate, StandardisedBlocksDoNotKnowTheirScale) {
  Tensor z = normal({30, 2}, 6);
  const Tensor x = normal({30, 2}, 7) + z;
  z.set_requires_grad();
  const MigeOptions options{.standardise_blocks = true};
  const Tensor plain = grad(mige_mi(x, z, options).surrogate, {z})[0];
  const Tensor large = grad(mige_mi(x * 1000.0, z, options).surrogate, {z})[0];
  expect_near(large, plain, 1e-9);
  EXPECT_GT(largest(grad(mige_mi(x * 1000.0, z).surrogate, {z})[0] - plain), 1e-2);
}

TEST(MigeSurrogate, FloatSamplesGiveTheSameGradient) {
  Generator generator(8);
  const Toy toy(256, 8, generator);
  const double exact = toy_gradient(toy, 0.6);
  const Toy single(toy.x.to(DType::f32), toy.eps.to(DType::f32));
  for (const bool in_double : {true, false}) {
    Tensor rho = scalar(0.6).set_requires_grad();
    const MigeOptions options{.score = {.compute_in_double = in_double}};
    const Tensor surrogate = mige_mi(single.x, single.y(rho), options).surrogate;
    EXPECT_EQ(surrogate.dtype(), DType::f32);
    EXPECT_NEAR(grad(surrogate, {rho})[0].item() / exact, 1, 1e-4) << in_double;
  }
}

}  // namespace
}  // namespace infograd::losses
