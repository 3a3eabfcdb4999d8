#include <cmath>

#include <infograd/core/check.h>
#include <infograd/losses/classification/checks.h>
#include <infograd/losses/classification/cross_entropy.h>
#include <infograd/losses/classification/ger.h>
#include <infograd/losses/entropy.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/reduce.h>
#include <infograd/ops/softmax.h>

namespace infograd::losses {
namespace {

/// D_alpha of log-probabilities l [N, C], alpha inside (0, 1) or one of its limits.
Tensor divergence_from_uniform(const Tensor& l, double alpha) {
  const double log_classes = std::log(static_cast<double>(l.size(1)));
  if (alpha == 0) return log_classes - mean(entropy_of_logs(l));
  if (alpha == 1) return neg(mean(l)) - log_classes;
  // log m = logaddexp(log alpha + l, log((1 - alpha) / C)), the constant taken out.
  const double uniform_part = std::log1p(-alpha) - log_classes;
  const Tensor log_m = softplus(l + (std::log(alpha) - uniform_part)) + uniform_part;
  const Tensor gap = mean(entropy_of_logs(log_m) - alpha * entropy_of_logs(l)) - (1 - alpha) * log_classes;
  return gap / (alpha * (1 - alpha));
}

}  // namespace

Tensor ger_loss(const Tensor& logits, const Tensor& labels, double alpha, double beta) {
  check_classifier("ger_loss", logits, labels);
  check_weight("ger_loss", "beta", beta);
  check<ValueError>(alpha == 0 || alpha == 1 || (alpha >= 1e-3 && alpha <= 1 - 1e-3),
                    "ger_loss: alpha {} is neither 0 nor 1 nor in [0.001, 0.999]", alpha);
  const Tensor ce = cross_entropy(logits, labels);
  check_no_nan("ger_loss", logits, ce);
  return beta == 0 ? ce : ce + beta * divergence_from_uniform(log_softmax(logits), alpha);
}

}  // namespace infograd::losses
