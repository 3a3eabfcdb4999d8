// Matrix products.
#pragma once

#include <infograd/backends/args.h>
#include <infograd/core/tensor.h>

namespace infograd {

/// a [..., M, K] @ b [..., K, N], batch axes broadcast; a 1-D operand gets and loses a unit axis. K = 0 gives
/// zeros. f32 operands are multiplied at the matmul_precision() of the call, forward and backward.
INFOGRAD_API Tensor matmul(const Tensor& a, const Tensor& b);

/// activation(x [..., in] @ weight[out, in]^T + bias[out]) in one kernel; bias may be undefined. While a
/// graph is recorded, gelu runs as a kernel of its own: its derivative needs the argument.
INFOGRAD_API Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias = {},
                           Activation activation = Activation::none);

}  // namespace infograd
