#include <cmath>

#include <infograd/losses/mi/label_marginal.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/index.h>
#include <infograd/ops/reduce.h>
#include <infograd/ops/shape_ops.h>
#include <infograd/ops/softmax.h>

namespace infograd::losses {

LabelMarginal label_marginal(const Tensor& logits, const Tensor& labels) {
  const Tensor l = log_softmax(logits);
  return {squeeze(gather(l, 1, unsqueeze(labels, 1)), 1),
          logsumexp(l, {0}) - std::log(static_cast<double>(logits.size(0)))};
}

}  // namespace infograd::losses
