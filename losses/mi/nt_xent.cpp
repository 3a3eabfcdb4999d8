#include <cmath>
#include <limits>

#include <infograd/autograd/grad_mode.h>
#include <infograd/core/check.h>
#include <infograd/losses/mi/nt_xent.h>
#include <infograd/losses/mi/primitives.h>
#include <infograd/losses/mi/support.h>
#include <infograd/ops/constant.h>
#include <infograd/ops/creation.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/matmul.h>
#include <infograd/ops/reduce.h>
#include <infograd/ops/shape_ops.h>

namespace infograd::losses {
namespace {

/// similarity [2K, 2K] without its diagonal, lse [2K], positive [K]. Influence of a pair: its two rows'
/// values minus the probability that all rows put on them, as for InfoNCE.
Estimate nt_xent_estimate(const Tensor& similarity, const Tensor& lse, const Tensor& positive,
                          const NtXentOptions& options) {
  const NoGrad no_grad;
  const int64_t k = positive.size(0);
  const Tensor s = similarity.detach().to(DType::f64), sums = lse.detach().to(DType::f64);
  const Tensor both = concat({positive, positive}).detach().to(DType::f64);
  const Tensor mass = sum(exp(s - unsqueeze(sums, 1)), {0});
  Estimate estimate;
  estimate.kind = Kind::neither;
  estimate.n_pos = k;
  estimate.n_neg = 2 * k * (2 * k - 2);
  estimate.cap = std::log(static_cast<double>(2 * k - 1));
  estimate.nats = estimate.cap + mean_of(both - sums);
  estimate.std_error = standard_error(mean(reshape(both - sums - mass, {2, k}), {0}));
  if (k == 1) estimate.raise(Flag::no_negatives);
  if (estimate.cap - estimate.nats < options.common.thresholds.near_cap) estimate.raise(Flag::near_cap);
  return estimate;
}

}  // namespace

Tensor nt_xent(const Tensor& view_a, const Tensor& view_b, const NtXentOptions& options) {
  check_positive("nt_xent", "temperature", options.temperature);
  check_same("nt_xent", view_a, view_b);
  check_floating("nt_xent", "view_a", view_a);
  check<ShapeError>(view_a.rank() == 2 && view_a.shape() == view_b.shape() && view_a.size(0) > 0,
                    "nt_xent: views {} and {}: both must be [K, d], row i of each the same input",
                    describe(view_a), describe(view_b));
  if (view_a.dtype() == DType::bf16) return nt_xent(view_a.to(DType::f32), view_b.to(DType::f32), options);
  const int64_t k = view_a.size(0);
  const bool bad = is_nonfinite("nt_xent", {&view_a, &view_b}, options.common);
  check<ValueError>(k > 1 || !options.common.strict, "nt_xent: one pair has no negative");
  if (bad || k == 1) {
    if (options.common.report != nullptr) {
      Estimate estimate{.kind = Kind::neither, .cap = std::log(static_cast<double>(2 * k - 1)), .n_pos = k};
      estimate.raise(bad ? Flag::nonfinite_input : Flag::no_negatives);
      *options.common.report = estimate;
    }
    return zero_loss({&view_a, &view_b});
  }
  const Tensor a = normalize_rows(view_a), b = normalize_rows(view_b);
  const Tensor z = concat({a, b});
  const Tensor index = detail::constant_to(arange(2 * k), z.device());
  const Tensor self = eq(unsqueeze(index, 1), unsqueeze(index, 0));
  const Tensor similarity = masked_fill(matmul(z, transpose(z)) / options.temperature, self,
                                        -std::numeric_limits<double>::infinity());
  const Tensor lse = logsumexp(similarity, {1});
  const Tensor positive = sum(a * b, {1}) / options.temperature;
  if (options.common.report != nullptr)
    *options.common.report = nt_xent_estimate(similarity, lse, positive, options);
  return mean(lse) - mean(positive);
}

}  // namespace infograd::losses
