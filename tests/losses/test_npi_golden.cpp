// Neural population infomax, acceptance 1 and 2: the worked examples of the specification, complete.
#include <tests/losses/npi_support.h>

namespace infograd::losses {
namespace {

using namespace infograd::testing::npi;

constexpr double kExact = 1e-12;

const std::vector<double> kC{.8944271909999159,  .4472135954999579,  0,
                             -.4082482904638631, .8164965809277261,  .4082482904638631,
                             .18257418583505544, -.3651483716701108, .9128709291752768};
const std::vector<double> kNextC{.9836883506261069,   .057798586315927616, .17034245584225166,
                                 -.0970560739567515,  .9678425532659807,   .23207953506435855,
                                 -.15145080835238475, -.2448267050537329,  .9576651487560471};

TEST(NpiGolden, Acceptance1_OrthonormalForms) {
  expect_near(gs_rows(golden_matrix()), kC, kExact, "gs_rows");
  expect_near(gs_cols(golden_matrix()),
              {.8944271909999159, .4082482904638631, -.18257418583505544, -.4472135954999579,
               .8164965809277261, -.3651483716701108, 0, .4082482904638631, .9128709291752768},
              kExact, "gs_cols");
  expect_near(
      polar(golden_matrix()),
      {.8814747651361029, .4638801707268118, -.08841620685549932, -.46388017072681154, .8856297109156446,
       .02179913644931533, .08841620685549936, .021799136449315585, .9958450542204591},
      kExact, "polar");
}

TEST(NpiGolden, Acceptance1_Q1AndItsStep) {
  const Tensor c = gs_rows(golden_matrix()), x = golden_samples();
  const NpiValue value = npi_q1(c, x, {.beta = .905});
  EXPECT_NEAR(value.value, 4.975059944507383, kExact);
  expect_near(
      value.gradient,
      {.3517713143177159, .21511344669074214, -.26533650619387705, -.16491116304398332, .14221281189449758,
       -.010936302508679607, -.10920240305935718, -.3364890332938019, .3272399067672419},
      kExact, "dQ1/dC");
  const Tensor d = matmul(matmul(c, transpose(value.gradient)), c) - value.gradient;
  expect_near(d,
              {.004636877855718702, -.00927375571143746, .004549390556005117, .005974815044608228,
               .005061718509853014, -.004148621975097574, -.009355876899510326, -3.963807512141759e-05,
               .0018553201498535121},
              kExact, "D");
  const double kappa = mean(norm(d, 2, {0}) / norm(c, 2, {0})).item();
  EXPECT_NEAR(kappa, .009675377660358385, kExact);
  const Tensor moved = c + d * (.4 / kappa), next = gs_rows(moved);
  expect_near(next, kNextC, kExact, "next C");
  EXPECT_NEAR(npi_q1(next, x, {.beta = .905}).value, 4.966244538760012, kExact);
  EXPECT_NEAR(npi_q1(moved, x, {.beta = .905}).value, 5.078018654391068, kExact);
}

TEST(NpiGolden, Acceptance1_SlopeAndBias) {
  const Tensor c = gs_rows(golden_matrix()), x = golden_samples();
  const Tensor u = matmul(transpose(slice(c, 1, 0, 1)), x) * .905;
  expect_near(
      .905 * sigmoid(u) * sigmoid(-u),
      {.22547294517985136, .18035100279659766, .19459416793518305, .15794754208806513, .18462633502025047},
      kExact, "phi, row 1");
  expect_near(npi_q1(c, x, {.beta = .905}).bias_gradient,
              {-.002887268234828777, .06452453632300527, .08901796555070354}, kExact, "dQ1/db");
  EXPECT_NEAR(npi_q1(c, x, {.beta = .905, .bias = tensor({.1, -.2, .3}, DType::f64)}).value, 5.01833954870674,
              kExact);
}

TEST(NpiGolden, Acceptance1_FullSlope) {
  const Tensor c = gs_rows(golden_matrix()), x = golden_samples();
  EXPECT_NEAR(npi_q1(c, x, {.beta = 1.81}).value, 4.236884842257332, kExact);
  EXPECT_NEAR(npi_cde(c, x, 1.81, 1), -10.581751874824782, kExact);
  const Tensor free = golden_matrix() * 0.5;
  const NpiValue value = npi_q2(free, x, {.beta = 1.81});
  EXPECT_NEAR(value.value, 4.270344056355852, kExact);
  expect_near(
      value.gradient,
      {.4829421519021756, -.49076727025211286, -.9538776456821734, -.08208852398610522, -.5824855779678507,
       .17373153588213844, -.6092863169191742, .26316182035551555, .6169555265693556},
      kExact, "dQ2/dC");
  expect_near(
      -matmul(free, matmul(transpose(free), value.gradient)),
      {-.4513561106479259, .5476686327262622, 1.0381081754603778, .8847406821281256, .5447760915073816,
       -1.031791712034902, 1.505090909305023, .19289423913405274, -1.5210838248555185},
      kExact, "-C C^T dQ2");
}

TEST(NpiGolden, Acceptance1_OneEpochOfTheSolver) {
  const Npi npi({.t0 = 1, .t_max = 1, .initial_c = golden_matrix()});
  const NpiResult result = npi.fit_whitened(golden_samples());
  ASSERT_EQ(result.history.size(), 2U);
  EXPECT_NEAR(result.history[0].objective, 4.975059944507383, kExact);
  EXPECT_NEAR(result.history[0].beta, .905, kExact);
  EXPECT_NEAR(result.history[1].objective, 4.966244538760012, kExact);
  EXPECT_NEAR(result.history[1].kappa, .009675377660358385, kExact);
  EXPECT_EQ(result.history[1].v, .4);
  EXPECT_EQ(result.history[1].backtracks, 0);
  expect_near(result.c, kNextC, kExact, "C");
}

TEST(NpiGolden, Acceptance1_JudgedBeforeTheRetractionTheFirstStepIsRejected) {
  const Npi npi({.t0 = 1, .t_max = 1, .objective_after_retraction = false, .initial_c = golden_matrix()});
  EXPECT_GT(npi.fit_whitened(golden_samples()).history[1].backtracks, 0);
}

/// tests/golden/population_infomax.py
TEST(NpiGolden, Acceptance1_OvercompleteValues) {
  const Tensor c = gs_rows(matrix({{2, 1, 0, -1, .5}, {-1, 2, 1, 0, 1}, {0, 1, 3, 1, -2}}));
  const NpiPopulation population{.beta = 1.81 * std::sqrt(5.0 / 3), .a = std::sqrt(5.0 / 3)};
  const NpiValue hat = npi_q_hat(c, golden_samples(), population);
  EXPECT_NEAR(hat.value, 3.973762631924681, kExact);
  expect_near(hat.gradient,
              {0.0723262527930282, -0.10639911860840204, -0.4818140441099575, 0.37752705486784427,
               0.3942614832489089, -0.27406281119479875, -0.6301046448276006, -0.20145649879450653,
               -0.18890574207074576, -0.16879459242074105, -0.2445835697202647, -0.5865941271075574,
               -0.1741852558517824, 0.020004375671772198, 0.0384061118348591},
              kExact, "dQ_hat/dC");
  const NpiValue exact = npi_q_canonical(c, golden_samples(), population);
  EXPECT_NEAR(exact.value, 4.116784181219931, kExact);
  expect_near(exact.gradient,
              {0.48597638208982713, -0.025287953385476968, -0.5888417382230087, 0.4190435742333316,
               0.5726705780839075, -0.22366405472182768, -0.5675566026023307, -0.29309813255916894,
               -0.12131750249498766, -0.21497865031550623, -0.5317283861192373, -0.6783837691018476,
               0.022597092437278386, 0.052893611378065614, -0.03330555928853313},
              kExact, "dQ/dC");
}

/// tests/golden/population_infomax.py, the exact sum. Counts in bins cost a relative 1e-5.
TEST(NpiGolden, KernelEntropy) {
  std::vector<double> y;
  for (int i = 1; i <= 200; ++i) y.push_back(std::sin(i * 1.7) * 2 + i % 3);
  EXPECT_NEAR(kde_entropy_bits(from_data(y, {200})), 2.86365407668735, 2e-5);
}

Tensor raw_data() {
  return matrix({{4, -2, 1, 3, 0, 6}, {1, 0, -3, 5, 2, 1}, {2, 2, -1, 4, 0, 5}});
}

TEST(NpiGolden, Acceptance2_Whitener) {
  const Whitener whitener = fit_whitener(raw_data(), {.eps = 1});
  expect_near(whitener.mean, {2, 1, 2}, kExact, "mean");
  expect_near(whitener.values, {13.44138176451223, 5.498971513666376, 1.4596467218214009}, kExact, "values");
  const Tensor covariance = matmul(whitener.vectors * whitener.values, transpose(whitener.vectors));
  expect_near(covariance, {8.4, 2, 4.2, 2, 6.8, 3.6, 4.2, 3.6, 5.2}, kExact, "covariance");
  for (int64_t k = 0; k < 3; ++k) {
    const Tensor column = select(whitener.vectors, 1, k);
    EXPECT_EQ(max(column).item(), largest(column)) << "sign of eigenvector " << k;
  }
  const double all = sum(whitener.values).item();
  expect_near(sqrt(cumsum(whitener.values, 0) / all), {.8117211731661836, .9635604236926681, 1}, kExact,
              "ratios");
  EXPECT_EQ(whitener.k0, 3);
  EXPECT_EQ(fit_whitener(raw_data(), {.eps = .8}).k0, 1);
  EXPECT_EQ(fit_whitener(raw_data(), {.eps = .95}).k0, 2);
  EXPECT_EQ(fit_whitener(raw_data(), {.eps = .98}).k0, 3);
  EXPECT_EQ(fit_whitener(raw_data(), {.eps = .98, .k0 = 1}).k0, 1);
  for (const NpiWhitening kind : {NpiWhitening::pca, NpiWhitening::zca}) {
    const Tensor white = fit_whitener(raw_data(), {.eps = 1, .kind = kind}).whiten(raw_data());
    EXPECT_LT(distance(matmul(white, transpose(white)) * 0.2, eye(3, DType::f64)), kExact);
  }
}

TEST(NpiGolden, Acceptance2_FiltersAndBases) {
  const Tensor c = matrix({{1, 2, 0, -1}, {0, 1, 1, 2}}) * (1 / std::sqrt(6.0));
  // One epoch is the least there is; what is compared depends on C through the given formulas.
  const NpiResult fitted =
      Npi({.n_filters = 4, .eps = .95, .t0 = 1, .t_max = 1, .initial_c = c}).fit(raw_data());
  const Whitener& whitener = fitted.whitener;
  ASSERT_EQ(whitener.k0, 2);
  EXPECT_NEAR(fitted.a, std::sqrt(2.0), kExact);
  const Tensor w = matmul(whitener.scaled_basis(-0.5), c) * fitted.a;
  const Tensor b = matmul(whitener.scaled_basis(0.5), c) * (1 / fitted.a);  // C C^T = I
  expect_near(select(w, 0, 0),
              {.1043362628531231, .04985735780441416, -.15881516790183195, -.421966598656787}, kExact,
              "W row 1");
  expect_near(select(b, 0, 0), {.7012117704456614, .9657634987761645, -.436660042115158, -1.5745318546759772},
              kExact, "B row 1");
  const std::vector<double> projection{.8550603210087728, -.15784277441360775, .3146709821552693};
  expect_near(select(matmul(b, transpose(w)), 0, 0), projection, kExact, "B W^T row 1");
  EXPECT_NEAR(sum(square(w)).item() / 4, .12812465043671495, kExact);
  EXPECT_NEAR(sum(square(c)).item() * fitted.a * fitted.a / 4, 1, kExact);
  // The solver builds W and B from its C in the same way.
  EXPECT_LT(distance(fitted.filters, matmul(whitener.scaled_basis(-0.5), fitted.c) * fitted.a), kExact);
  EXPECT_LT(distance(fitted.display, matmul(slice(whitener.vectors, 1, 0, 2), fitted.c)), kExact);
  expect_near(select(matmul(fitted.bases, transpose(fitted.filters)), 0, 0), projection, kExact,
              "B W^T fitted");
}

}  // namespace
}  // namespace infograd::losses
