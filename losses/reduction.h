// How per-element losses become one number.
#pragma once

#include <cstdint>

#include <infograd/core/tensor.h>

namespace infograd::losses {

enum class Reduction : uint8_t { mean, sum, none };

/// The mean of x, its sum, or x itself. The mean of no elements is 0.
INFOGRAD_API Tensor reduced(const Tensor& x, Reduction reduction);

}  // namespace infograd::losses
