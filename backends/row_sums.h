// Private: a product that also sums the rows of its left operand, as the gradients of a layer's weight and
// bias need: one pass over the output's gradient instead of two.
#pragma once

#include <infograd/backends/args.h>

namespace infograd {

/// args.out = a b and sums_i = sum_k a_ik, [M], all on `device`; without bias, activation, alpha and beta.
/// Returns false, with nothing done, where the backend has no such product: the caller then does both.
INFOGRAD_API bool gemm_with_row_sums(const GemmArgs& args, const View& sums, Device device);

}  // namespace infograd
