// MIGE, acceptance 1, 2 and the worked values of 11: the numbers of section 6 of the specification.
#include <infograd/losses/mi/mige/ssge_kernel.h>
#include <infograd/losses/mi/mige/ssge_spectrum.h>
#include <infograd/ops/pairwise.h>

#include "tests/losses/mige_support.h"

namespace infograd::losses {
namespace {

using namespace mige_test;

constexpr double kSigma = 1.9849433241279206;

Tensor kernel() {
  return ssge::gaussian(squared_distances(six_points()), kSigma);
}

TEST(MigeGolden, Item1_BandwidthAndKernel) {
  const Tensor squared = squared_distances(six_points());
  EXPECT_NEAR(ssge::choose_sigma(squared, {}), kSigma, 1e-12);
  EXPECT_NEAR(kSigma * kSigma, 3.94, 1e-12);
  EXPECT_NEAR(ssge::choose_sigma(squared, {.bandwidth = MigeBandwidth::offdiag_median}), 2.024845673131659,
              1e-12);
  EXPECT_EQ(ssge::choose_sigma(squared, {.bandwidth = MigeBandwidth::fixed, .sigma = 1.5}), 1.5);
  const std::vector<double> upper{
      0.6921031286906559, 0.5943395032937363,  0.6790531771931609, 0.3678794411714424, 0.6292680442689902,
      0.5301911025921489, 0.3787752783978792,  0.6065306597126334, 0.7907514575056686, 0.8533125024855296,
      0.7738747983883825, 0.23986836755633553, 0.4455812655211779, 0.2046826769866155, 0.24231598283000272};
  const std::vector<double> k = kernel().to_vector<double>();
  size_t next = 0;
  for (size_t i = 0; i < 6; ++i) {
    EXPECT_EQ(k[i * 6 + i], 1);
    for (size_t j = i + 1; j < 6; ++j, ++next) {
      EXPECT_NEAR(k[i * 6 + j], upper[next], 1e-12);
      EXPECT_EQ(k[i * 6 + j], k[j * 6 + i]);
    }
  }
  const Tensor b =
      matrix({-0.03631682748841296, -0.8988234748899123, 0.7884050280605612, 0.22206939263629602,
              -0.713104073426808, 0.4021082163017826, -0.9837659207129188, -0.3651319199467539,
              -0.012849801909777754, 1.1058027705656575, 0.9576315954773562, -0.4660249846670698},
             2);
  expect_near(ssge::kernel_gradients(kernel(), six_points(), kSigma), b, 1e-12);
  expect_near(matmul(kernel(), ssge_score(six_points(), {.n_eigen = 6})), -b, 1e-10);
}

TEST(MigeGolden, Item1_Spectrum) {
  const std::vector<double> lambda{3.709203870320235,   1.2339864487083565,  0.7246049441059346,
                                   0.18209733064265154, 0.10559306293526632, 0.04451434328755457};
  const std::vector<double> share{0.6182006450533727, 0.8238650531714322, 0.9446325438557547,
                                  0.9749820989628633, 0.9925809427854076, 1};
  for (size_t j = 1; j <= 6; ++j) {
    SsgeInfo info;
    const ssge::Spectrum s = ssge::leading_eigenpairs(kernel(), {.n_eigen = static_cast<int64_t>(j)}, info);
    EXPECT_EQ(info.J, static_cast<int64_t>(j));
    EXPECT_NEAR(info.lambda_first, lambda[0], 1e-12);
    EXPECT_NEAR(info.lambda_last, lambda[j - 1], 1e-12);
    EXPECT_NEAR(info.kept, share[j - 1], 1e-12);
    EXPECT_EQ(s.vectors.shape(), Shape({6, static_cast<int64_t>(j)}));
  }
  const std::vector<std::pair<double, int64_t>> table{{.5, 1},  {.7, 1},  {.8, 1},  {.9, 2},
                                                      {.95, 3}, {.98, 4}, {.99, 4}, {.999, 5}};
  for (const MigeEigen eigen : {MigeEigen::full, MigeEigen::top, MigeEigen::subspace})
    for (const auto& [tau, wanted] : table) {
      SsgeInfo info;
      ssge_score(six_points(), {.tau = tau, .eigen = eigen}, &info);
      EXPECT_EQ(info.J, wanted) << "tau " << tau;
      EXPECT_NEAR(info.sigma, kSigma, 1e-12);
      EXPECT_FALSE(info.degenerate);
    }
}

TEST(MigeGolden, Item1_Scores) {
  const Tensor three =
      matrix({0.19702054410271963, 1.006407424246757, -0.7207400750680449, -0.3331650358819366,
              0.5215339891673015, -0.3270008125488186, 0.965839441287797, 0.7397124541483591,
              -0.25931609284901536, -1.5271381486036681, -0.8173665141640802, 0.4053619790347685},
             2);
  const Tensor four =
      matrix({0.015995422598656994, 1.5008774173887032, -0.7457381137142198, -0.2648829107534705,
              0.5903761305687091, -0.5150430737764512, 1.0495309872364316, 0.5111090547559082,
              -0.3108453470867918, -1.386386026589536, -0.6797906582284977, 0.029573624491732398},
             2);
  const Tensor six =
      matrix({0.17927186868715445, 1.7741475372632083, -1.0995405458446748, -1.2124329979794062,
              0.9221792912102615, -0.8235777792452799, 0.728954899204266, 0.5466720888068898,
              -0.3040530500503811, -0.7700241107689074, -0.49770753215840163, 0.5805888940251168},
             2);
  for (const MigeEigen eigen : {MigeEigen::full, MigeEigen::top, MigeEigen::subspace}) {
    expect_near(ssge_score(six_points(), {.n_eigen = 3, .eigen = eigen}), three, 1e-10);
    expect_near(ssge_score(six_points(), {.tau = 0.95, .eigen = eigen}), three, 1e-10);
    expect_near(ssge_score(six_points(), {.eigen = eigen}), four, 1e-10);
    expect_near(ssge_score(six_points(), {.n_eigen = 6, .eigen = eigen}), six, 1e-10);
  }
  expect_near(row(ssge_score(six_points(), {.n_eigen = 6, .eta = 0.1}), 0),
              tensor({{0.09656848599739995, 1.0710737443407181}}, DType::f64), 1e-10);
  const std::vector<std::pair<int64_t, double>> s{
      {2, -0.7293882377379018}, {3, -1.5122689373520473}, {4, -1.500572269630881}, {6, -1.5057928779747929}};
  for (const auto& [j, wanted] : s) {
    SsgeInfo info;
    ssge_score(six_points(), {.n_eigen = j}, &info);
    EXPECT_NEAR(2 * info.stein, wanted, 1e-10) << j;
    EXPECT_NEAR(-mige_entropy(six_points(), {.n_eigen = j}).item(), wanted, 1e-10) << j;
  }
}

TEST(MigeGolden, Item1_Queries) {
  const Tensor q = tensor({{0, 0}, {1, 1}}, DType::f64);
  SsgeInfo info;
  expect_near(ssge_score_at(six_points(), q, {.n_eigen = 3}, &info),
              matrix({0.2064014384098587, 0.08810251596792865, -0.5686677299392221, -1.0145002924832913}, 2),
              1e-10);
  EXPECT_NEAR(info.sigma, 1.7464249196572983, 1e-12);
  const SsgeOptions alone{.n_eigen = 3, .query_bandwidth = QueryBandwidth::samples};
  expect_near(ssge_score_at(six_points(), q, alone, &info),
              matrix({0.21382318709929046, 0.08794405189424004, -0.6071987232258791, -1.0803714366703725}, 2),
              1e-10);
  EXPECT_NEAR(info.sigma, kSigma, 1e-12);
  // At the samples themselves the two forms are one.
  expect_near(ssge_score_at(six_points(), six_points(), alone), ssge_score(six_points(), alone), 1e-10);
}

TEST(MigeGolden, Item2_RandomProjection) {
  Tensor x = tensor({{.3, -1.1, .5, .9},
                     {1.4, .2, -.7, -.3},
                     {-.8, .6, 1.2, .1},
                     {-1.3, -.4, -.2, 1.5},
                     {.1, 1.7, .4, -1.2},
                     {2.2, -.9, .8, .6}},
                    DType::f64);
  x.set_requires_grad();
  const Tensor r = tensor({{.6, -.2, .3, .5}, {-.1, .7, .4, -.6}}, DType::f64);
  const Tensor projected = linear(x, r);
  SsgeInfo info;
  const Tensor s = ssge_score(projected, {.n_eigen = 3}, &info);
  EXPECT_NEAR(info.sigma, 1.7844046626256054, 1e-12);
  EXPECT_NEAR(2 * info.stein, -1.1958902592701672, 1e-10);
  expect_near(row(s, 0), tensor({{-0.3575291094514018, 0.32302372305549565}}, DType::f64), 1e-10);
  // The chain rule of autograd is the pull-back R^T s.
  const Tensor minus_entropy = -mige_entropy(projected, {.n_eigen = 3});
  const Tensor pulled = grad(minus_entropy, {x})[0] * 6;
  expect_near(row(pulled, 0),
              tensor({{-0.24681983797639068, 0.2976224280291273, 0.021950756386777723, -0.3725787885589983}},
                     DType::f64),
              1e-10);
  EXPECT_NEAR(minus_entropy.item(), -1.1958902592701672, 1e-10);
  EXPECT_NEAR(sum(pulled * x).item() / 6, -1.1958902592701672, 1e-10);
}

TEST(MigeGolden, Item2_MiniToy) {
  const Toy toy(slice(six_points(), 1, 0, 1), slice(six_points(), 1, 1));
  MigeResult result;
  EXPECT_NEAR(toy_gradient(toy, 0.5, {}, &result), 0.7638042654853321, 1e-10);
  EXPECT_NEAR(result.joint.sigma, 2.004598794624936, 1e-12);
  EXPECT_EQ(result.joint.J, 4);
  EXPECT_NEAR(result.marginal_z.sigma, 1.1160254037844386, 1e-12);
  EXPECT_EQ(result.marginal_z.J, 2);
  EXPECT_EQ(result.marginal_x.J, 0) << "x is not learned";
  EXPECT_NEAR(result.surrogate.item(), -0.8095454553007736, 1e-10);
}

TEST(MigeGolden, Item11_Whitened) {
  SsgeInfo info;
  const Tensor s =
      ssge_score(six_points(), {.estimator = MigeEstimator::whitened_ssge, .whiten_ridge = 0}, &info);
  EXPECT_NEAR(info.sigma, 1.8362492052649637, 1e-10);
  EXPECT_EQ(info.J, 5);
  expect_near(row(s, 0), tensor({{0.10094148727175989, 1.8079072625772055}}, DType::f64), 1e-10);
  expect_near(row(s, 3), tensor({{0.8187636488109712, 0.32305712110680707}}, DType::f64), 1e-10);
  EXPECT_NEAR(2 * info.stein, -1.4974445228364417, 1e-10);
}

TEST(MigeGolden, Item11_NuMethod) {
  const auto nu = [](int64_t steps, SsgeInfo* info) {
    return ssge_score(six_points(),
                      {.estimator = MigeEstimator::nu_method, .nu_whiten = false, .nu_iterations = steps},
                      info);
  };
  SsgeInfo info;
  const Tensor two = nu(2, &info);
  EXPECT_NEAR(info.sigma, kSigma, 1e-12);
  EXPECT_NEAR(2 * info.stein, -0.21397099611372958, 1e-9);
  expect_near(row(two, 0), tensor({{0.01286465704598611, 0.14607689609825114}}, DType::f64), 1e-9);
  const Tensor eight = nu(8, &info);
  EXPECT_NEAR(2 * info.stein, -0.9113451993651079, 1e-9);
  expect_near(row(eight, 0), tensor({{-0.00507334242861535, 0.5697536031163195}}, DType::f64), 1e-9);
  expect_near(row(eight, 3), tensor({{0.7314332595710219, 0.7934194766559126}}, DType::f64), 1e-9);
  const Tensor many = nu(32, &info);
  EXPECT_NEAR(2 * info.stein, -0.8968298891561476, 1e-9);
  expect_near(row(many, 0), tensor({{-0.4693851587855733, 0.4054067341425309}}, DType::f64), 1e-9);
}

}  // namespace
}  // namespace infograd::losses
