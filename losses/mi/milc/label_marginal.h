// Private: the two things that an information loss of a classifier needs of its logits.
#pragma once

#include <infograd/core/tensor.h>

namespace infograd::losses {

/// Of l = log_softmax(logits [N, C]).
struct LabelMarginal {
  Tensor label;     ///< [N] l_{i, y_i}
  Tensor marginal;  ///< [C] L_c = LSE_i l_ic - log N, the log of the average prediction, never a log of an
                    ///< average
};
/// Arguments are checked. Differentiable twice.
LabelMarginal label_marginal(const Tensor& logits, const Tensor& labels);

}  // namespace infograd::losses
