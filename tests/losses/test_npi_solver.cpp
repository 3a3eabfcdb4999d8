// Neural population infomax, acceptance 5, 10 and 17, and small versions of 13 and 14: the descent, and what
// is made of its result.
#include <limits>

#include <tests/losses/npi_support.h>

#include <infograd/core/allocator.h>
#include <infograd/core/parallel.h>
#include <infograd/losses/mi/population_infomax/reconstruct.h>

namespace infograd::losses {
namespace {

using namespace infograd::testing::npi;

/// Whitened mixtures of Laplace sources.
Tensor sparse_samples(int64_t k, int64_t m, uint64_t seed) {
  const Tensor mixed = matmul(normal({k, k}, seed), laplace({k, m}, seed + 1));
  return fit_whitener(mixed, {.eps = 1}).whiten(mixed);
}

struct Setting {
  const char* name;
  NpiOptions options;
};
std::vector<Setting> settings() {
  NpiOptions base{.t0 = 8, .t_max = 20};
  std::vector<Setting> all;
  const auto add = [&](const char* name, auto change) {
    all.push_back({name, base});
    change(all.back().options);
  };
  add("complete", [](NpiOptions&) {});
  add("constraint kept", [](NpiOptions& o) { o.keep_constraint = true; });
  add("overcomplete", [](NpiOptions& o) { o.n_filters = 9; });
  add("overcomplete on square", [](NpiOptions& o) { o.algorithm = NpiAlgorithm::overcomplete; });
  add("polar", [](NpiOptions& o) { o.n_filters = 9, o.retraction = NpiRetraction::polar; });
  add("canonical", [](NpiOptions& o) { o.n_filters = 7, o.algorithm = NpiAlgorithm::canonical; });
  return all;
}

TEST(NpiSolver, Acceptance5_FeasibleAndStrictlyDescending) {
  const Tensor x = sparse_samples(5, 400, 1);
  for (const auto& [name, options] : settings()) {
    const bool leaves_constraint = std::string(name) == "complete";
    NpiResult before;
    for (const int epochs : {1, 8, 20}) {  // the same path, looked at after so many epochs
      NpiOptions part = options;
      part.t_max = epochs, part.t0 = std::min(options.t0, epochs);
      const NpiResult result = Npi(part).fit_whitened(x);
      if (!leaves_constraint || epochs <= options.t0) {
        EXPECT_LT(distance(matmul(result.c, transpose(result.c)), eye(5, DType::f64)), 1e-12)
            << name << ", epoch " << epochs;
      }
      before = result;
    }
    for (size_t i = 1; i < before.history.size(); ++i) {
      const NpiEpoch &now = before.history[i], &last = before.history[i - 1];
      const bool stopped = i + 1 == before.history.size() && before.converged;
      if (now.phase == last.phase && !stopped && now.v >= 1e-12) {
        EXPECT_LT(now.objective, last.objective) << name << ", epoch " << now.epoch;
      }
    }
    EXPECT_EQ(before.history.front().epoch, 0);
    EXPECT_EQ(before.history.back().phase, 2);
    EXPECT_NEAR(before.history.back().beta, 2 * before.history.front().beta, 1e-12);
  }
}

TEST(NpiSolver, Acceptance5_DirectionIsTangentAndDescends) {
  const Tensor x = sparse_samples(5, 400, 1);
  for (const int64_t k1 : {5, 9}) {
    const Tensor c = random_orthonormal(5, k1, 2);
    const NpiValue value = k1 == 5 ? npi_q1(c, x, {.beta = 1.81}) : npi_q_hat(c, x, {.beta = 2.4, .a = 1.34});
    const Tensor d = matmul(matmul(c, transpose(value.gradient)), c) - value.gradient;
    EXPECT_LT(distance(matmul(d, transpose(c)), -matmul(c, transpose(d))), 1e-12);
    EXPECT_LE(sum(value.gradient * d).item(), 0);
  }
}

TEST(NpiSolver, Acceptance10_ReconstructionIsThatOfPca) {
  const Tensor data = matmul(normal({6, 6}, 3), laplace({6, 300}, 4)) + 2.5;
  for (const int64_t filters : {4, 7}) {
    const NpiResult result = Npi({.n_filters = filters, .k0 = 4, .t0 = 3, .t_max = 6}).fit(data);
    const Tensor kept = slice(result.whitener.vectors, 1, 0, 4), projection = matmul(kept, transpose(kept));
    EXPECT_LT(distance(matmul(result.bases, transpose(result.filters)), projection), 1e-12);
    const Tensor mean = result.whitener.mean;
    EXPECT_LT(distance(npi_reconstruct(result, data), matmul(projection, data - mean) + mean), 1e-11);
  }
  // For any C of full row rank, orthonormal or not: bases from fit_whitened have no truncation.
  const NpiResult free = Npi({.t0 = 2, .t_max = 12}).fit_whitened(sparse_samples(5, 300, 5));
  EXPECT_GT(distance(matmul(free.c, transpose(free.c)), eye(5, DType::f64)), 1e-3);
  EXPECT_LT(distance(matmul(free.bases, transpose(free.filters)), eye(5, DType::f64)), 1e-12);
}

TEST(NpiSolver, DenoisingAveragesReconstructedPatches) {
  Generator generator(6);
  const Tensor image = rand_uniform({12, 9}, 0, 1, DType::f64, generator);
  const Tensor data = rand_uniform({9, 500}, 0, 1, DType::f64, generator);
  const NpiResult all = Npi({.eps = 1, .t0 = 1, .t_max = 2}).fit(data);
  EXPECT_LT(distance(npi_denoise(all, image, 3), image), 1e-12) << "all dimensions kept: nothing is lost";
  const NpiResult some = Npi({.k0 = 3, .t0 = 1, .t_max = 2}).fit(data);
  const Tensor denoised = npi_denoise(some, image, 3);
  // The corner pixel belongs to one patch only.
  const Tensor corner = reshape(slice(slice(image, 0, 0, 3), 1, 0, 3), {9, 1});
  EXPECT_NEAR(select(select(denoised, 0, 0), 0, 0).item(),
              select(flatten(npi_reconstruct(some, corner)), 0, 0).item(), 1e-12);
  EXPECT_THROW(npi_denoise(some, image, 10), ValueError);
  EXPECT_THROW(npi_denoise(some, data, 2), ShapeError);
}

TEST(NpiSolver, Acceptance17_SameSeedSameBits) {
  const Tensor data = matmul(normal({6, 6}, 3), laplace({6, 3000}, 4));
  const NpiOptions options{.n_filters = 8, .eps = 1, .t0 = 5, .t_max = 10, .seed = 11};
  const auto bits = Npi(options).fit(data).c.to_vector<double>();
  EXPECT_EQ(Npi(options).fit(data).c.to_vector<double>(), bits);
  NpiOptions other = options;
  other.seed = 12;
  EXPECT_NE(Npi(other).fit(data).c.to_vector<double>(), bits);
}

TEST(NpiSolver, Acceptance17_Mistakes) {
  Tensor data = normal({4, 50}, 7);
  EXPECT_THROW(Npi({.eps = 0}).fit(data), ValueError);
  EXPECT_THROW(Npi({.eps = 1.5}).fit(data), ValueError);
  EXPECT_THROW(Npi({.k0 = 5}).fit(data), ValueError);
  EXPECT_THROW(Npi({.n_filters = -1}), ValueError);
  EXPECT_THROW(Npi({.v1 = 1}), ValueError);
  EXPECT_THROW(Npi({.tau = 0}), ValueError);
  EXPECT_THROW(Npi({.t0 = 20, .t_max = 10}), ValueError);
  EXPECT_THROW(Npi({.n_filters = 7, .eps = 1, .algorithm = NpiAlgorithm::complete}).fit(data), ShapeError);
  EXPECT_THROW(Npi({.n_filters = 3, .eps = 1, .algorithm = NpiAlgorithm::overcomplete}).fit(data),
               ShapeError);
  EXPECT_THROW(Npi({.k0 = 3, .whitening = NpiWhitening::zca}).fit(data), ValueError);
  EXPECT_THROW(Npi({.eps = 1, .initial_c = normal({3, 4}, 1)}).fit(data), ShapeError);
  EXPECT_THROW(Npi({.eps = 1, .initial_c = ones({4, 4}, DType::f64)}).fit(data), ValueError);
  EXPECT_THROW(Npi({.algorithm = NpiAlgorithm::overcomplete, .learn_bias = true}), ValueError);
  EXPECT_THROW(Npi({.n_filters = 7, .eps = 1, .learn_bias = true}).fit(data), ValueError);
  EXPECT_THROW(Npi({.dtype = DType::bf16}), DTypeError);
  EXPECT_THROW(Npi().fit(reshape(data, {200})), ShapeError);
  EXPECT_THROW(Npi().fit(slice(data, 1, 0, 1)), ShapeError);
  EXPECT_THROW(Npi({.eps = 1}).fit(data - mean(data, {0}, true)), ValueError) << "patch means removed";
  for (const double bad :
       {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    const Tensor broken = concat({data, full({4, 1}, bad, DType::f64)}, 1);
    EXPECT_THROW(Npi().fit(broken), ValueError);
    EXPECT_THROW(Npi().fit_whitened(broken), ValueError);
  }
  EXPECT_THROW(npi_reconstruct(Npi({.t0 = 1, .t_max = 1}).fit_whitened(data), data), ValueError);
}

TEST(NpiSolver, FewerFiltersThanDimensionsLowerTheDimensions) {
  const Tensor data = normal({6, 200}, 8) * tensor({{6}, {5}, {4}, {3}, {2}, {1}}, DType::f64);
  const NpiResult result = Npi({.n_filters = 3, .eps = 1, .t0 = 2, .t_max = 4}).fit(data);
  EXPECT_EQ(result.k0, 3);
  EXPECT_EQ(result.c.shape(), (Shape{3, 3}));
  EXPECT_EQ(result.filters.shape(), (Shape{6, 3}));
}

/// The small version of 13: sparse sources instead of photographs.
TEST(NpiSolver, Acceptance13Small_BothAlgorithmsFindSparseFilters) {
  const Tensor x = sparse_samples(16, 6000, 9);
  const NpiOptions base{.t0 = 30, .t_max = 80, .trace_every = 10, .trace_samples = 6000};
  NpiOptions overcomplete = base, first_of_phase_2 = base;
  overcomplete.algorithm = NpiAlgorithm::overcomplete;
  first_of_phase_2.t_max = 31;
  const NpiResult one = Npi(base).fit_whitened(x), two = Npi(overcomplete).fit_whitened(x);
  const auto at_t0 = [](const NpiResult& r) { return r.history[30]; };
  for (const NpiResult* r : {&one, &two}) {
    EXPECT_LT(r->history.back().cfe, r->history.front().cfe - 0.05);
    EXPECT_LT(r->history.back().cde, at_t0(*r).cde) << "lower: less is left out";
  }
  EXPECT_LT(std::abs(one.history.back().cfe - two.history.back().cfe), 0.05);
  EXPECT_LT(one.history.back().residual, Npi(first_of_phase_2).fit_whitened(x).history.back().residual);
}

/// The small version of 14.
TEST(NpiSolver, Acceptance14Small_TheFirstStepHardlyMatters) {
  const Tensor x = sparse_samples(8, 2000, 10);
  double least = INFINITY, most = -INFINITY;
  for (const double v1 : {.2, .4, .6, .8}) {
    const double q =
        Npi({.n_filters = 16, .v1 = v1, .t0 = 20, .t_max = 60}).fit_whitened(x).history.back().objective;
    least = std::min(least, q), most = std::max(most, q);
  }
  EXPECT_LT(most - least, 0.005 * std::abs(most));
}

TEST(NpiSolver, LearnedBiasFollowsSkewedSources) {
  Generator generator(12);
  const Tensor u = rand_uniform({3, 4000}, 0, 1, DType::f64, generator);
  const Tensor sources = -log(1 - u);  // exponential: skewed
  const NpiOptions options{.eps = 1, .t0 = 20, .t_max = 60};
  NpiOptions learning = options;
  learning.learn_bias = true;
  const NpiResult fixed = Npi(options).fit(sources), learned = Npi(learning).fit(sources);
  EXPECT_EQ(largest(fixed.bias), 0);
  EXPECT_GT(largest(learned.bias), 0.1);
  EXPECT_LT(learned.history.back().objective, fixed.history.back().objective);
}

TEST(NpiSolver, SinglePrecisionFindsTheSame) {
  const Tensor x = sparse_samples(8, 4000, 13);
  const NpiOptions options{.t0 = 10, .t_max = 40};
  NpiOptions single = options;
  single.dtype = DType::f32;
  const double exact = Npi(options).fit_whitened(x).history.back().objective;
  EXPECT_NEAR(Npi(single).fit_whitened(x).history.back().objective / exact, 1, 1e-4);
}

TEST(NpiSolver, TheLastEpochIsMeasuredWhereverItEnds) {
  const Tensor x = sparse_samples(4, 300, 15);
  const NpiResult result =
      Npi({.t0 = 5, .t_max = 2000, .trace_every = 1999, .trace_samples = 300}).fit_whitened(x);
  ASSERT_TRUE(result.converged);
  EXPECT_LT(result.history.back().epoch, 1999);
  EXPECT_TRUE(std::isfinite(result.history.back().cfe) && std::isfinite(result.history.back().cde));
}

TEST(NpiSolver, EpochsAskTheSystemForNoMemory) {
#if defined(__SANITIZE_ADDRESS__)
  GTEST_SKIP() << "under AddressSanitizer nothing is cached";
#endif
  const Tensor x = sparse_samples(12, 5000, 14);
  for (const int64_t filters : {12, 20}) {
    const auto fit = [&] { Npi({.n_filters = filters, .t0 = 4, .t_max = 8}).fit_whitened(x); };
    fit();
    fit();
    const auto before = memory::stats().system_allocations;
    fit();
    EXPECT_EQ(memory::stats().system_allocations, before) << filters << " filters";
  }
}

}  // namespace
}  // namespace infograd::losses
