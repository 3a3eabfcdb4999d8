// MILC, acceptance 2: derivatives of every form and baseline against differences, one class absent.
#include <tests/losses/milc_batches.h>

#include <infograd/autograd/gradcheck.h>
#include <infograd/losses/classification/confidence_penalty.h>
#include <infograd/losses/classification/ger.h>
#include <infograd/losses/classification/label_smoothing.h>

namespace infograd::losses {
namespace {

using namespace infograd::testing;

struct Case {
  const char* what;
  std::function<Tensor(const Tensor&, const Tensor&)> loss;
  bool zero_rows = true;  ///< a shift of one row of logits changes nothing
};

std::vector<Case> cases() {
  const auto milc = [](MilcOptions options) {
    return [options](const Tensor& z, const Tensor& y) { return milc_loss(z, y, options); };
  };
  return {{"a", milc({})},
          {"a .1", milc({.lambda = 0.1})},
          {"a uniform", milc({.target = MilcTarget::uniform})},
          {"b", milc({.form = MilcForm::b, .lambda = 0.5})},
          {"c", milc({.form = MilcForm::c})},
          {"joint", milc({.form = MilcForm::joint}), false},
          {"ce", milc({.form = MilcForm::ce})},
          {"ema",
           [](const Tensor& z, const Tensor& y) {
             const auto classes = static_cast<double>(z.size(1));
             MilcState state{.log_q = full({z.size(1)}, -std::log(classes), z.dtype()), .empty = false};
             return milc_loss(z, y, {.marginal = MilcMarginal::ema}, &state);
           }},
          {"smoothing, exclusive",
           [](const Tensor& z, const Tensor& y) { return label_smoothing_loss(z, y, 0.1); }},
          {"smoothing beyond the label",
           [](const Tensor& z, const Tensor& y) { return label_smoothing_loss(z, y, 0.95); }},
          {"smoothing, inclusive",
           [](const Tensor& z, const Tensor& y) {
             return label_smoothing_loss(z, y, 0.1, LabelSmoothing::inclusive);
           }},
          {"penalty", [](const Tensor& z, const Tensor& y) { return confidence_penalty_loss(z, y, 0.3); }},
          {"ger 0", [](const Tensor& z, const Tensor& y) { return ger_loss(z, y, 0, 0.5); }},
          {"ger .5", [](const Tensor& z, const Tensor& y) { return ger_loss(z, y, 0.5, 0.5); }},
          {"ger 1", [](const Tensor& z, const Tensor& y) { return ger_loss(z, y, 1, 0.5); }}};
}

TEST(MilcDerivatives, Acceptance2_Differences) {
  Generator generator(3);
  for (const int64_t n : {1, 2, 7}) {
    for (const int64_t classes : {2, 3, 10}) {
      const auto [z, y] = random_batch(n, classes, generator, /*absent=*/1, /*spread=*/1);
      for (const Case& c : cases()) {
        const auto f = [&, labels = y](const std::vector<Tensor>& in) { return c.loss(in[0], labels); };
        const GradcheckReport first = gradcheck(f, {z}, {.step = 6e-6, .rtol = 1e-8, .atol = 1e-9});
        EXPECT_TRUE(first.ok) << c.what << " " << n << "x" << classes << ": " << first.message;
        const GradcheckReport second = gradgradcheck(f, {z}, {.step = 6e-6, .rtol = 1e-6, .atol = 1e-9});
        EXPECT_TRUE(second.ok) << c.what << " " << n << "x" << classes << ": " << second.message;
      }
    }
  }
}

TEST(MilcDerivatives, Acceptance2_RowsOfTheGradientSumToZero) {
  Generator generator(4);
  for (const int64_t n : {1, 2, 7, 50}) {
    const auto [z, y] = random_batch(n, 10, generator, 1);
    for (const Case& c : cases()) {
      if (!c.zero_rows) continue;
      const Tensor rows = sum(grad(c.loss(z, y), {z})[0], {1});
      EXPECT_LT(max(abs(rows)).item(), 1e-14) << c.what << " " << n;
    }
  }
}

}  // namespace
}  // namespace infograd::losses
