#include "tests/bench/cuda/yardsticks.h"

#include <memory>
#include <string>
#include <vector>

#include <cublas_v2.h>
#include <cuda_runtime.h>

#include <infograd/core/error.h>

namespace infograd::bench {

namespace {

void check(bool good, const char* what) {
  if (!good) throw DeviceError(std::string("yardstick: ") + what + " failed");
}

/// Zeroed memory of the device.
std::shared_ptr<void> room(int64_t bytes) {
  void* memory = nullptr;
  check(cudaMalloc(&memory, static_cast<size_t>(bytes)) == cudaSuccess, "cudaMalloc");
  check(cudaMemset(memory, 0, static_cast<size_t>(bytes)) == cudaSuccess, "cudaMemset");
  return {memory, [](void* each) { cudaFree(each); }};
}

/// Bit patterns of numbers between 0.5 and 1, of either sign, as f32 or as pairs of bf16.
std::shared_ptr<void> numbers(int64_t bytes) {
  std::vector<uint32_t> host(static_cast<size_t>(bytes) / 4);
  uint32_t state = 1;
  for (uint32_t& word : host) {
    state = state * 1664525 + 1013904223;
    word = (state & 0x807f807fU) | 0x3f003f00U;
  }
  std::shared_ptr<void> memory = room(bytes);
  check(cudaMemcpy(memory.get(), host.data(), host.size() * 4, cudaMemcpyHostToDevice) == cudaSuccess,
        "cudaMemcpy");
  return memory;
}

}  // namespace

std::function<void()> driver_copy(int64_t bytes) {
  return [from = numbers(bytes), to = room(bytes), bytes] {
    check(cudaMemcpyAsync(to.get(), from.get(), static_cast<size_t>(bytes), cudaMemcpyDeviceToDevice) ==
              cudaSuccess,
          "cudaMemcpyAsync");
  };
}

std::function<void()> cublas_product(int64_t n, Product type) {
  cublasHandle_t created = nullptr;
  check(cublasCreate(&created) == CUBLAS_STATUS_SUCCESS, "cublasCreate");
  const std::shared_ptr<cublasContext> handle(created, [](cublasHandle_t each) { cublasDestroy(each); });
  const int64_t bytes = n * n * (type == Product::bf16 ? 2 : 4);
  const cudaDataType_t stored = type == Product::bf16 ? CUDA_R_16BF : CUDA_R_32F;
  const cublasComputeType_t computed =
      type == Product::tf32 ? CUBLAS_COMPUTE_32F_FAST_TF32 : CUBLAS_COMPUTE_32F;
  return [=, a = numbers(bytes), b = numbers(bytes), c = room(bytes)] {
    const float one = 1, zero = 0;
    const int size = static_cast<int>(n);
    check(cublasGemmEx(handle.get(), CUBLAS_OP_N, CUBLAS_OP_N, size, size, size, &one, a.get(), stored, size,
                       b.get(), stored, size, &zero, c.get(), stored, size, computed,
                       CUBLAS_GEMM_DEFAULT) == CUBLAS_STATUS_SUCCESS,
          "cublasGemmEx");
  };
}

}  // namespace infograd::bench
