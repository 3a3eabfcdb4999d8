// Binary cross-entropy from logits.
#pragma once

#include <infograd/core/tensor.h>
#include <infograd/losses/reduction.h>

namespace infograd::losses {

struct BceOptions {
  Tensor weight{};      ///< per element, broadcast; or undefined
  Tensor pos_weight{};  ///< factor of the positive term, broadcast (usually per class); or undefined
  Reduction reduction = Reduction::mean;
};

/// pos_weight * t * softplus(-z) + (1 - t) * softplus(z), in nats, finite for any finite logit. targets in
/// [0, 1], of the logits' shape and dtype.
INFOGRAD_API Tensor bce_with_logits(const Tensor& logits, const Tensor& targets,
                                    const BceOptions& options = {});

}  // namespace infograd::losses
