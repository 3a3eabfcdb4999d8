// Squared error.
#pragma once

#include <infograd/core/tensor.h>
#include <infograd/losses/reduction.h>

namespace infograd::losses {

struct MseOptions {
  Reduction reduction = Reduction::mean;
};

/// (prediction - target)^2. The shapes must be equal: a silent broadcast is the classic mistake here.
INFOGRAD_API Tensor mse(const Tensor& prediction, const Tensor& target, const MseOptions& options = {});

}  // namespace infograd::losses
