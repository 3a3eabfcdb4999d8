// What this GPU reaches without us: the yardsticks of bench_cuda.
#pragma once

#include <functional>

#include <infograd/core/tensor.h>

namespace infograd::bench {

/// Copies x on the device, as the driver does.
std::function<void()> driver_copy(const Tensor& x);
/// a * b of square matrices, f32 or bf16, by cuBLAS, called directly, with its default workspace.
std::function<void()> cublas_product(const Tensor& a, const Tensor& b, bool tensor_float);
/// Waits for all of the device: the yardsticks work on its default stream, infograd on one of its own.
void wait_for_device();

}  // namespace infograd::bench
