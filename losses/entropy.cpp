#include <limits>

#include <infograd/core/check.h>
#include <infograd/losses/entropy.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/reduce.h>

namespace infograd::losses {

Tensor entropy_of_logs(const Tensor& log_probs) {
  check_defined("entropy_of_logs", "log_probs", log_probs);
  check_floating("entropy_of_logs", "log_probs", log_probs);
  check<ShapeError>(log_probs.rank() > 0, "entropy_of_logs: log_probs {} needs an axis of classes",
                    describe(log_probs));
  // Where l = -inf the product is 0 * inf; e^0 * 0 in its place is 0 with gradient 0.
  const Tensor impossible = eq(log_probs.detach(), -std::numeric_limits<double>::infinity());
  const Tensor l = masked_fill(log_probs, impossible, 0);
  return neg(sum(exp(l) * l, {-1}));
}

}  // namespace infograd::losses
