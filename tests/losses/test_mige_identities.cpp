// MIGE, acceptance 3, 6 and the equivariance of 11: what holds exactly, whatever the samples.
#include <infograd/losses/mi/mige/random_projection.h>
#include <infograd/losses/mi/mige/ssge_kernel.h>
#include <infograd/losses/mi/mige/ssge_spectrum.h>
#include <infograd/ops/index.h>
#include <infograd/ops/linalg.h>
#include <infograd/ops/pairwise.h>

#include "tests/losses/mige_support.h"

namespace infograd::losses {
namespace {

using namespace mige_test;

constexpr MigeEstimator kAll[] = {MigeEstimator::ssge, MigeEstimator::whitened_ssge, MigeEstimator::nu_method,
                                  MigeEstimator::stein};

TEST(MigeIdentities, Item3_TranslationRotationScalePermutation) {
  for (const int64_t d : {3, 8}) {
    const Tensor x = normal({64, d}, 1);
    const Tensor rotation = linalg::qr(normal({d, d}, 2)).q;
    Generator generator(3);
    const Tensor order = rand_permutation(64, generator);
    for (const MigeEstimator estimator : kAll) {
      SCOPED_TRACE(static_cast<int>(estimator));
      const SsgeOptions options{.estimator = estimator};
      const Tensor s = ssge_score(x, options);
      expect_near(ssge_score(x + normal({1, d}, 4) * 10, options), s, 1e-10);
      expect_near(ssge_score(matmul(x, rotation), options), matmul(s, rotation), 1e-10);
      SsgeInfo before, after;
      ssge_score(x, options, &before);
      expect_near(ssge_score(x * 2.5, options, &after) * 2.5, s, 1e-10);
      const bool white = estimator == MigeEstimator::whitened_ssge || estimator == MigeEstimator::nu_method;
      EXPECT_NEAR(after.sigma, before.sigma * (white ? 1 : 2.5), 1e-10);
    }
    const Tensor s = ssge_score(x);
    expect_near(ssge_score(index_select(x, 0, order)), index_select(s, 0, order), 1e-10);
  }
}

TEST(MigeIdentities, Item3_EigenfunctionsAreOrthonormal) {
  for (const int64_t d : {3, 8}) {
    const Tensor x = normal({64, d}, 5), squared = squared_distances(x);
    const double sigma = ssge::choose_sigma(squared, {});
    const Tensor k = ssge::gaussian(squared, sigma);
    SsgeInfo info;
    const ssge::Spectrum s = ssge::leading_eigenpairs(k, {}, info);
    const Tensor psi = matmul(k, s.vectors) / s.values * 8.0;  // sqrt(M) = 8
    expect_near(matmul(transpose(psi), psi) / 64.0, eye(info.J, DType::f64), 1e-9);
    EXPECT_LE(largest(ssge::kernel_gradients(k, ones({64, 1}, DType::f64), sigma)), 1e-12) << "(D - K) 1 = 0";
  }
}

TEST(MigeIdentities, Item3_ProjectionIsTheChainRule) {
  Tensor x = normal({64, 8}, 6);
  x.set_requires_grad();
  const Tensor z = normal({64, 3}, 7);
  const MigeOptions options{.x_marginal = XMarginal::never, .rp_dim = 4, .rp_seed = 9};
  const MigeResult projected = mige_mi(x, z, options);
  EXPECT_EQ(projected.surrogate.item(), mige_mi(x, z, options).surrogate.item()) << "R is kept";
  Generator generator(9);
  const Tensor r = rand_normal({4, 8}, 0, 0.5, DType::f64, generator);
  const MigeResult by_hand = mige_mi(linear(x.detach(), r), z, {.x_marginal = XMarginal::never});
  EXPECT_NEAR(projected.surrogate.item(), by_hand.surrogate.item(), 1e-12);
  const Tensor joint = ssge_score(concat({linear(x.detach(), r), z}, 1));
  expect_near(grad(projected.surrogate, {x})[0], matmul(slice(joint, 1, 0, 4), r) / 64.0, 1e-12);

  manual_seed(1);
  MigeOptions fresh = options;
  fresh.rp_resample = true;
  const double first = mige_mi(x, z, fresh).surrogate.item();
  EXPECT_NE(first, mige_mi(x, z, fresh).surrogate.item());
  fresh.rp_law = RpLaw::sparse;
  EXPECT_TRUE(std::isfinite(mige_mi(x, z, fresh).surrogate.item()));
}

TEST(MigeIdentities, ProjectionsHaveTheirLaws) {
  const Tensor x = zeros({2, 500}, DType::f64);
  MigeOptions options{.rp_dim = 400};
  const auto share = [&](const Tensor& r, double value) {
    return mean(lt(abs(r - value), 1e-12).to(DType::f64)).item();
  };
  for (const RpLaw law : {RpLaw::gaussian, RpLaw::sparse}) {
    options.rp_law = law;
    const Tensor r = random_projection(x, options);
    EXPECT_EQ(r.shape(), (Shape{400, 500}));
    EXPECT_NEAR(mean(r).item() * 20, 0, 0.01);
    EXPECT_NEAR(mean(square(r)).item() * 400, 1, 0.02) << "lengths are kept on average";
  }
  const Tensor r = random_projection(x, options);  // the sparse one
  const double size = std::sqrt(3.0 / 400);
  EXPECT_NEAR(share(r, size), 1.0 / 6, 0.005);
  EXPECT_NEAR(share(r, -size), 1.0 / 6, 0.005);
  EXPECT_NEAR(share(r, 0), 2.0 / 3, 0.005);
}

TEST(MigeIdentities, Item3_KnownConditionalOfALinearChannel) {
  // z = A x + s eps: the gradients are those that section 5 writes with the scores.
  const int64_t d = 3;
  const Tensor x = normal({64, d}, 8), eps = normal({64, d}, 9);
  Tensor a = normal({d, d}, 10), s = parameter(0.7);
  a.set_requires_grad();
  const Tensor z = linear(x, a) + eps * s;
  const MigeResult result = mige_mi_gaussian(z, log(s) + zeros({64, d}, DType::f64));
  const std::vector<Tensor> g = grad(result.surrogate, {a, s});
  const Tensor scores = ssge_score(z);
  expect_near(g[0], matmul(transpose(scores), x) / -64.0, 1e-12);
  EXPECT_NEAR(g[1].item(), -sum(scores * eps).item() / 64 - static_cast<double>(d) / 0.7, 1e-12);
  EXPECT_EQ(result.joint.J, 0);
}

TEST(MigeIdentities, Item6_PartialEigensolversAgree) {
  const Tensor x = normal({300, 4}, 11);
  for (const double tau : {0.95, 0.99}) {
    const Tensor full = ssge_score(x, {.tau = tau});
    SsgeInfo info, of_full;
    ssge_score(x, {.tau = tau}, &of_full);
    for (const MigeEigen eigen : {MigeEigen::top, MigeEigen::subspace}) {
      expect_near(ssge_score(x, {.tau = tau, .eigen = eigen}, &info), full, 1e-8);
      EXPECT_EQ(info.J, of_full.J);
      EXPECT_NEAR(info.kept, of_full.kept, 1e-10);
      EXPECT_NEAR(info.lambda_last, of_full.lambda_last, 1e-9);
    }
  }
}

TEST(MigeIdentities, Item11_WhiteningIsAffineEquivariant) {
  const int64_t d = 5;
  const Tensor x = normal({64, d}, 12), a = normal({d, d}, 13) + eye(d, DType::f64) * 3;
  const SsgeOptions options{.estimator = MigeEstimator::whitened_ssge};
  expect_near(ssge_score(matmul(x, a), options),
              matmul(ssge_score(x, options), transpose(linalg::inverse(a))), 1e-8);
}

}  // namespace
}  // namespace infograd::losses
