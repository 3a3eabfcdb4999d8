#include "tests/bench/cuda/yardsticks.h"

#include <memory>
#include <string>

#include <cublas_v2.h>
#include <cuda_runtime.h>

#include <infograd/core/error.h>
#include <infograd/ops/creation.h>

namespace infograd::bench {

namespace {

void check(bool good, const char* what) {
  if (!good) throw DeviceError(std::string("yardstick: ") + what + " failed");
}

}  // namespace

void wait_for_device() {
  check(cudaDeviceSynchronize() == cudaSuccess, "cudaDeviceSynchronize");
}

std::function<void()> driver_copy(const Tensor& x) {
  const auto bytes = static_cast<size_t>(x.numel()) * item_size(x.dtype());
  wait_for_device();  // x is there
  return [x, out = empty_like(x), bytes] {
    check(cudaMemcpyAsync(out.raw_data(), x.raw_data(), bytes, cudaMemcpyDeviceToDevice) == cudaSuccess,
          "cudaMemcpyAsync");
  };
}

std::function<void()> cublas_product(const Tensor& a, const Tensor& b, bool tensor_float) {
  cublasHandle_t created = nullptr;
  check(cublasCreate(&created) == CUBLAS_STATUS_SUCCESS, "cublasCreate");
  const std::shared_ptr<cublasContext> handle(created, [](cublasHandle_t each) { cublasDestroy(each); });
  const cudaDataType_t stored = a.dtype() == DType::bf16 ? CUDA_R_16BF : CUDA_R_32F;
  const cublasComputeType_t computed = tensor_float ? CUBLAS_COMPUTE_32F_FAST_TF32 : CUBLAS_COMPUTE_32F;
  wait_for_device();  // a and b are there
  return [handle, a, b, c = empty_like(a), stored, computed] {
    const float one = 1, zero = 0;
    const int n = static_cast<int>(a.size(0));
    // Columns first, as cuBLAS counts: the transposed product of the transposed matrices.
    check(cublasGemmEx(handle.get(), CUBLAS_OP_N, CUBLAS_OP_N, n, n, n, &one, b.raw_data(), stored, n,
                       a.raw_data(), stored, n, &zero, c.raw_data(), stored, n, computed,
                       CUBLAS_GEMM_DEFAULT) == CUBLAS_STATUS_SUCCESS,
          "cublasGemmEx");
  };
}

}  // namespace infograd::bench
