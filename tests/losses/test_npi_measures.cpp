// Neural population infomax, acceptance 11 and 12, and the measures on cases in which they are known.
#include <gmock/gmock.h>
#include <tests/losses/npi_support.h>
#include <tests/message_of.h>

namespace infograd::losses {
namespace {

using namespace infograd::testing::npi;

struct Distribution {
  const char* name;
  double bits;
  Tensor draws;
};
std::vector<Distribution> distributions(int64_t n) {
  Generator generator(1);
  const Tensor u = rand_uniform({n}, 1e-12, 1, DType::f64, generator);
  const Tensor logistic = log(u / (1 - u)) * (std::sqrt(3.0) / std::acos(-1.0));
  return {{"gaussian", 2.047095585180641, normal({n}, 2)},
          {"logistic", 2.0263752026661863, logistic},
          {"laplace", 1.9426950408889634, laplace({n}, 3)}};
}

TEST(NpiMeasures, Acceptance11_KernelEntropy) {
  for (const Distribution& d : distributions(20000)) {
    const double bits = kde_entropy_bits(d.draws);
    EXPECT_NEAR(bits, d.bits, 0.05) << d.name;
    for (const int64_t grid : {256, 1024, 2048})
      EXPECT_NEAR(kde_entropy_bits(d.draws, grid), bits, 1e-3) << d.name << ", grid " << grid;
  }
}

TEST(NpiMeasures, EntropyOfRowsAndScale) {
  const Tensor draws = normal({2, 5000}, 5);
  const double both = kde_entropy_bits(draws);
  EXPECT_NEAR(both, (kde_entropy_bits(select(draws, 0, 0)) + kde_entropy_bits(select(draws, 0, 1))) / 2,
              1e-12);
  // The grid ends four bandwidths beyond the extremes: up to 2 * 3.2e-5 / 5000 of the mass is not seen.
  EXPECT_NEAR(kde_entropy_bits(draws * 8), both + 3, 3 * 1.3e-8);
  EXPECT_THROW(kde_entropy_bits(ones({10}, DType::f64)), ValueError);
  EXPECT_THROW(kde_entropy_bits(draws * INFINITY), ValueError);
  // The scale of the filters does not matter to the CFE.
  const Tensor c = random_orthonormal(2, 2, 6);
  EXPECT_NEAR(npi_cfe(c * 5, draws), npi_cfe(c, draws), 1e-9);
}

/// Out of reach of the others, it does not matter how far away a sample is.
TEST(NpiMeasures, EntropyWithFarOutliers) {
  const Tensor draws = normal({2000}, 11);
  const auto with = [&](const std::vector<double>& far, int64_t grid) {
    const auto count = static_cast<int64_t>(far.size());
    return kde_entropy_bits(concat({draws, from_data(far, {count})}), grid);
  };
  constexpr int64_t kFine = 16384;  // one grid for all: steps of a fiftieth of the bandwidth
  const double right = with({30}, kFine), left = with({-30}, kFine);
  EXPECT_NEAR(right, 2.047, 0.1);
  for (const double far : {1e3, 1e6, 1e15, 1e100, 1.7e308}) {
    EXPECT_NEAR(with({far}, 512), right, 1e-5) << far;
    EXPECT_NEAR(with({-far}, 512), left, 1e-5) << -far;
  }
  EXPECT_NEAR(with({1e9, -1e300, 1e9 + 11}, 512), with({30, -40, 41}, kFine), 1e-5);
  // Mostly equal samples: their bandwidth is the standard deviation, which the outlier stretches.
  const Tensor spike = concat({zeros({50}, DType::f64), from_data(std::vector<double>{1e6}, {1})});
  // The grid ends four bandwidths beyond the spike: 3.2e-5 of the mass, 20 bits each, are not seen.
  EXPECT_NEAR(kde_entropy_bits(spike), kde_entropy_bits(spike * 1e-6) + 6 * std::log2(10), 20 * 3.2e-5);
  EXPECT_THROW(kde_entropy_bits(spike * 1e200), ValueError);
  // On few points, too.
  EXPECT_NEAR(kde_entropy_bits(draws, 8), kde_entropy_bits(draws), 1e-4);
}

TEST(NpiMeasures, Amari) {
  EXPECT_NEAR(amari_index(matrix({{1, .1, -.2}, {.05, -2, .3}, {.1, .2, .5}})), .19791666666666666, 1e-15);
  EXPECT_EQ(amari_index(matrix({{0, -3}, {.5, 0}})), 0);
  EXPECT_EQ(amari_index(ones({4, 4}, DType::f64)), 1);
  EXPECT_THROW(amari_index(ones({2, 3})), ShapeError);
  EXPECT_THROW(amari_index(zeros({2, 2})), ValueError);
}

TEST(NpiMeasures, ParticipationRatio) {
  const Tensor filters = matrix({{1, 1, 0}, {1, 0, 0}, {1, 0, -3}, {1, 0, 0}});
  expect_near(participation_ratio(filters), {1, .25, .25}, 1e-15, "ratios");
  EXPECT_NEAR(mean(participation_ratio(normal({144, 300}, 7))).item(), 1.0 / 3, 0.02);
}

struct Separation {
  double start, complete, overcomplete, infomax, fast;
};
Separation separate(int64_t n, uint64_t seed) {
  const Tensor mixing = normal({n, n}, seed), mixed = matmul(mixing, laplace({n, 10000}, seed + 100));
  const Whitener whitener = fit_whitener(mixed, {.eps = 1, .kind = NpiWhitening::zca});
  const Tensor x = whitener.whiten(mixed),
               whitened_mixing = matmul(transpose(whitener.scaled_basis(-0.5)), mixing);
  const auto amari = [&](const Tensor& c) { return amari_index(matmul(transpose(c), whitened_mixing)); };
  NpiOptions options{.t0 = 50, .t_max = 150, .initial_c = random_orthonormal(n, n, seed + 200)};
  const Tensor complete = Npi(options).fit_whitened(x).c;
  options.algorithm = NpiAlgorithm::overcomplete;
  return {amari(options.initial_c), amari(complete), amari(Npi(options).fit_whitened(x).c),
          amari(infomax_ica(x, {.epochs = 60, .first_lr = 0.03, .initial_c = options.initial_c}).c),
          amari(fast_ica(x, {.initial_c = options.initial_c}).c)};
}

TEST(NpiMeasures, Acceptance12_SourcesAreSeparated) {
  for (const int64_t n : {4, 10}) {
    const Separation s = separate(n, static_cast<uint64_t>(n));
    EXPECT_GT(s.start, 0.2) << n;
    EXPECT_LT(s.complete, 0.03) << n;
    EXPECT_LT(s.overcomplete, 0.03) << n;
    EXPECT_LT(s.complete, 1.5 * s.fast) << n;
    EXPECT_LT(s.overcomplete, 1.5 * s.fast) << n;
    EXPECT_LT(s.infomax, 0.05) << n << ", a fifth of its epochs";
  }
}

TEST(NpiMeasures, Mistakes) {
  const Tensor x = normal({3, 50}, 8);
  EXPECT_THROW(npi_cde(zeros({3, 0}, DType::f64), x, 1, 1), ShapeError);
  EXPECT_THROW(npi_cfe(zeros({3, 0}, DType::f64), x), ShapeError);
  for (const auto& measure : {+[](const Tensor&c, const Tensor&y) { return npi_cfe(c, y); },
                              +[](const Tensor&c, const Tensor&y) { return npi_cde(c, y, 1, 1); }}) {
    EXPECT_THROW(measure(Tensor(), x), ValueError);
    EXPECT_THROW(measure(x, Tensor()), ValueError);
  }
}

TEST(NpiMeasures, IcaMistakes) {
  const Tensor x = normal({3, 50}, 8);
  for (const double bad : {std::nan(""), static_cast<double>(INFINITY)}) {
    EXPECT_THROW(fast_ica(x * bad), ValueError);
    EXPECT_THROW(infomax_ica(x * bad, {.epochs = 1}), ValueError);
  }
  EXPECT_THROW(infomax_ica(x, {.initial_c = full({3, 3}, NAN, DType::f64)}), ValueError);
  EXPECT_THROW(fast_ica(Tensor()), ValueError);
  EXPECT_THROW(infomax_ica(Tensor()), ValueError);
  EXPECT_THROW(fast_ica(x, {.initial_c = ones({3, 3}, DType::f64)}), ValueError) << "dependent columns";
  EXPECT_THROW(infomax_ica(x, {.epochs = 50, .batch = 5, .first_lr = 1e3}), ValueError) << "diverges";
  EXPECT_THROW(fast_ica(x, {.n_filters = 4}), ValueError);
  EXPECT_THROW(fast_ica(x, {.initial_c = eye(2, DType::f64)}), ShapeError);
  EXPECT_THROW(infomax_ica(x, {.batch = 51}), ValueError);
  EXPECT_THROW(infomax_ica(select(x, 0, 0)), ShapeError);
}

TEST(NpiMeasures, TraceMistakes) {
  const Tensor x = normal({3, 50}, 8);
  const auto expect = [](const std::string& message, const std::vector<std::string>& parts) {
    for (const std::string& part : parts) EXPECT_THAT(message, ::testing::HasSubstr(part));
  };
  const auto infomax = [&](int every, int64_t samples) {
    return message_of<ValueError>(
        [&] { infomax_ica(x, {.epochs = 1, .trace_every = every, .trace_samples = samples}); });
  };
  const auto fast = [&](int every, int64_t samples) {
    return message_of<ValueError>([&] { fast_ica(x, {.trace_every = every, .trace_samples = samples}); });
  };
  expect(infomax(-1, 20), {"infomax_ica: trace_every = -1", "epochs between"});
  expect(infomax(1, 9), {"infomax_ica: trace_samples = 9", "a tenth"});
  expect(fast(-2, 20), {"fast_ica: trace_every = -2"});
  expect(fast(1, -5), {"fast_ica: trace_samples = -5"});
  expect(message_of<ValueError>([] { Npi({.trace_samples = 0}); }), {"Npi: trace_samples = 0"});
  const NpiEpoch last =
      fast_ica(x, {.max_iterations = 1, .trace_every = 1, .trace_samples = 10}).history.back();
  EXPECT_TRUE(std::isfinite(last.cfe) && std::isfinite(last.cde));
}

}  // namespace
}  // namespace infograd::losses
