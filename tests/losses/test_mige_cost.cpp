// MIGE, acceptance 16: time, memory, and no allocation in steady state.
#include <algorithm>
#include <ctime>

#include <infograd/core/allocator.h>
#include <infograd/core/parallel.h>

#include "tests/losses/mige_support.h"

namespace infograd::losses {
namespace {

using namespace mige_test;

TEST(MigeCost, Item16_ToyGradientOnOneProcessor) {
  const int before = num_threads();
  set_num_threads(1);
  Generator generator(1);
  const Toy toy(256, 32, generator);
  double fastest = 1e9;
  for (int turn = 0; turn < 5; ++turn) {
    const std::clock_t start = std::clock();
    toy_gradient(toy, 0.5);
    fastest = std::min(fastest, 1e3 * static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC);
  }
  set_num_threads(before);
  RecordProperty("milliseconds", std::to_string(fastest));
  EXPECT_LT(fastest, 150);
}

TEST(MigeCost, Item16_MemoryIsOfOrderMSquared) {
  const int64_t m = 512, d = 64;
  const Tensor x = normal({m, d}, 2), z = normal({m, d}, 3);
  for (const MigeEstimator estimator :
       {MigeEstimator::ssge, MigeEstimator::whitened_ssge, MigeEstimator::nu_method, MigeEstimator::stein}) {
    memory::release_cached();
    memory::reset_peak();
    const size_t before = memory::stats().active_bytes;
    mige_mi(x, z, {.score = {.estimator = estimator, .nu_iterations = 2}});
    const auto matrices =
        static_cast<double>(memory::stats().peak_active_bytes - before) / static_cast<double>(8 * m * m);
    // One copy of the distances, for the bandwidth, is not from this allocator.
    EXPECT_LT(matrices + 1, 12) << static_cast<int>(estimator);
  }
}

TEST(MigeCost, SteadyStateAsksTheSystemForNothing) {
#if defined(__SANITIZE_ADDRESS__)
  GTEST_SKIP() << "under AddressSanitizer nothing is cached";
#endif
  Generator generator(4);
  const Toy toy(128, 8, generator);
  for (int warm_up = 0; warm_up < 3; ++warm_up) toy_gradient(toy, 0.4);
  const uint64_t before = memory::stats().system_allocations;
  for (int step = 0; step < 5; ++step) toy_gradient(toy, 0.4);
  EXPECT_EQ(memory::stats().system_allocations, before);
}

}  // namespace
}  // namespace infograd::losses
