// Private: the products and convolutions that oneDNN computes. A build without it (INFOGRAD_ONEDNN=OFF) has
// none of them: BLAS does all products, and convolutions as products of unfolded images.
#pragma once

#include <string>

#include <infograd/backends/backend.h>
#include <infograd/backends/cpu/blas.h>
#include <infograd/core/export.h>

namespace infograd::onednn {

/// "2.6.3", the library in use at run time; "none".
INFOGRAD_API std::string version();
/// False in a build without oneDNN.
bool available();
bool has_avx512();
/// True when the processor multiplies bf16 itself (AVX-512 BF16 or AMX) and oneDNN is there to use it; below
/// that it is slower with bf16 than with f32.
bool has_fast_bf16();

/// False when oneDNN has no such primitive. Every operand is a batch of matrices with dense rows or columns;
/// relu is not fused, see take_relu. `backend` scales a bias.
bool gemm(Backend& backend, const GemmArgs& args);
/// c [m, n] = alpha * a [m, k] @ b [k, n] + beta * c, for a caller that keeps products small and to one
/// thread. False without oneDNN.
bool sgemm(int64_t m, int64_t n, int64_t k, float alpha, blas::Matrix<const float> a,
           blas::Matrix<const float> b, float beta, blas::Matrix<float> c);
/// False when oneDNN has no such primitive. Operands are dense, x and y channels-last.
bool conv(const ConvArgs& args);

/// True for relu, which becomes none: the caller applies ours to the result. oneDNN's turns NaN into 0 and so
/// hides a model that diverged; the pass costs a thousandth of the product before it.
bool take_relu(Activation& activation);

}  // namespace infograd::onednn
