#include <infograd/core/check.h>
#include <infograd/losses/classification/bce.h>
#include <infograd/ops/elementwise.h>

namespace infograd::losses {

Tensor bce_with_logits(const Tensor& logits, const Tensor& targets, const BceOptions& options) {
  check_same("bce_with_logits", logits, targets);
  check_floating("bce_with_logits", "logits", logits);
  check<ShapeError>(logits.shape() == targets.shape(),
                    "bce_with_logits: logits {} and targets {}: the shapes must be equal", describe(logits),
                    describe(targets));
  Tensor positive = targets * softplus(neg(logits));
  if (options.pos_weight.defined()) positive = positive * options.pos_weight;
  Tensor loss = positive + (1.0 - targets) * softplus(logits);
  if (options.weight.defined()) loss = loss * options.weight;
  check<ShapeError>(loss.shape() == logits.shape(),
                    "bce_with_logits: weight or pos_weight does not broadcast to logits {}",
                    describe(logits));
  return reduced(loss, options.reduction);
}

}  // namespace infograd::losses
