// Dataset: inputs and labels of equal length, held in memory.
#pragma once

#include <infograd/core/tensor.h>

namespace infograd::data {

struct Dataset {
  Tensor images;  ///< [N, ...]; u8 [N, 1, 28, 28] for the digits
  Tensor labels;  ///< i64 [N]
};

enum class Split { train, test };

}  // namespace infograd::data
