#include <infograd/losses/classification/checks.h>
#include <infograd/losses/classification/confidence_penalty.h>
#include <infograd/losses/classification/cross_entropy.h>
#include <infograd/losses/entropy.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/reduce.h>
#include <infograd/ops/softmax.h>

namespace infograd::losses {

Tensor confidence_penalty_loss(const Tensor& logits, const Tensor& labels, double beta) {
  check_classifier("confidence_penalty_loss", logits, labels);
  check_weight("confidence_penalty_loss", "beta", beta);
  const Tensor ce = cross_entropy(logits, labels);
  check_no_nan("confidence_penalty_loss", logits, ce);
  return beta == 0 ? ce : ce - beta * mean(entropy_of_logs(log_softmax(logits)));
}

}  // namespace infograd::losses
