// Three steps of each optimizer against PyTorch in f64.
#include "tests/backends/helpers.h"
#include "tests/golden/backends.h"

namespace infograd {
namespace {

using namespace test;

Values zeros(size_t n) {
  return Values(n, 0);
}

TEST(ReferenceOptimizers, AdamAndAdamW) {
  for (const bool decoupled : {false, true}) {
    // Two parameters in one list: the golden one in halves, the second with a gradient scale to undo.
    const Tensor p = wave({6}, 2.5), m = make({6}, zeros(6)), v = make({6}, zeros(6));
    for (int step = 0; step < 3; ++step) {
      const Tensor g = wave({6}, 2.6 + step, 8);
      std::vector<AdamItem> items;
      for (const int64_t start : {0, 3}) {
        const auto half = [&](const Tensor& t) { return make_view(t, {3}, {1}, start); };
        items.push_back({View(half(p)), ConstView(half(g)), View(half(m)), View(half(v))});
      }
      reference().adam_step({.items = items,
                             .lr = 0.05,
                             .beta1 = 0.8,
                             .beta2 = 0.95,
                             .eps = 1e-6,
                             .weight_decay = 0.1,
                             .grad_scale = 0.125,
                             .step = step + 1,
                             .decoupled = decoupled});
    }
    expect_values(p, decoupled ? golden::adamw_p : golden::adam_p, 1e-13);
  }
}

TEST(ReferenceOptimizers, SgdWithMomentumAndNesterov) {
  for (const bool nesterov : {false, true}) {
    const Tensor p = wave({6}, 2.5), b = make({6}, zeros(6));
    for (int step = 0; step < 3; ++step) {
      const Tensor g = wave({6}, 2.6 + step);
      const SgdItem item{View(p), ConstView(g), View(b)};
      reference().sgd_step({.items = {&item, 1},
                            .lr = 0.05,
                            .momentum = 0.9,
                            .dampening = nesterov ? 0 : 0.3,
                            .weight_decay = 0.1,
                            .nesterov = nesterov,
                            .first_step = step == 0});
    }
    expect_values(p, nesterov ? golden::nesterov_p : golden::sgd_p, 1e-13);
  }
}

TEST(ReferenceOptimizers, PlainSgdNeedsNoState) {
  const Tensor p = make({2}, {1, 2}, DType::f32), g = make({2}, {10, 20}, DType::f32);
  SgdItem item;
  item.param = View(p);
  item.grad = ConstView(g);
  reference().sgd_step({.items = {&item, 1}, .lr = 0.1, .grad_scale = 0.5});
  expect_values(p, {0.5, 1});
}

}  // namespace
}  // namespace infograd
