// MILC, acceptance 14: cost against the fused softmax cross-entropy, memory of order N C.
#include <algorithm>
#include <ctime>

#include <tests/losses/milc_batches.h>

#include <infograd/core/allocator.h>
#include <infograd/core/parallel.h>
#include <infograd/losses/classification/cross_entropy.h>

namespace infograd::losses {
namespace {

using namespace infograd::testing;

struct Batch {
  Tensor logits, labels;
};
Batch large_batch(int64_t n, int64_t classes) {
  Generator generator(51);
  return {rand_normal({n, classes}, 0, 1, DType::f32, generator).set_requires_grad(),
          rand_integers({n}, 0, classes, generator)};
}

/// Processor time of forward and backward.
double milliseconds(const std::function<Tensor()>& loss, const Tensor& z) {
  const std::clock_t start = std::clock();
  grad(loss(), {z});
  return 1e3 * static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

/// Ratio of the fastest of several turns on one thread, taken alternately, in processor time: other work on
/// the machine then counts little.
TEST(MilcCost, Acceptance14_AtMostThreeCrossEntropies) {
  const int before = num_threads();
  set_num_threads(1);
  const auto [z, y] = large_batch(4096, 1000);
  for (const MilcForm form : {MilcForm::a, MilcForm::b}) {
    double ours = 1e9, plain = 1e9;
    for (int turn = 0; turn < 15; ++turn) {
      plain = std::min(plain, milliseconds([&, zz = z, yy = y] { return cross_entropy(zz, yy); }, z));
      ours =
          std::min(ours, milliseconds([&, zz = z, yy = y] { return milc_loss(zz, yy, {.form = form}); }, z));
    }
    RecordProperty("ratio", std::to_string(ours / plain));
    EXPECT_LE(ours, 3 * plain) << ours << " ms against " << plain << " ms";
  }
  set_num_threads(before);
}

TEST(MilcCost, Acceptance14_MemoryIsOfOrderNC) {
  const int64_t n = 2048, classes = 500;
  const auto [z, y] = large_batch(n, classes);
  for (const MilcForm form : {MilcForm::a, MilcForm::b, MilcForm::c, MilcForm::joint, MilcForm::ce}) {
    memory::release_cached();
    memory::reset_peak();
    const size_t before = memory::stats().active_bytes;
    grad(milc_loss(z, y, {.form = form}), {z});
    const auto matrices =
        static_cast<double>(memory::stats().peak_active_bytes - before) / (4.0 * n * classes);
    // The fused kernel holds the gradient and little else; the joint softmax is made of ordinary ops.
    EXPECT_LE(matrices, form == MilcForm::joint ? 5 : 1.1) << static_cast<int>(form);
  }
}

}  // namespace
}  // namespace infograd::losses
