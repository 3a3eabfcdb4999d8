// What this GPU reaches without us: the yardsticks of bench_cuda.
#pragma once

#include <cstdint>
#include <functional>

namespace infograd::bench {

enum class Product { f32, tf32, bf16 };

/// Copies that many bytes on the device, as the driver does.
std::function<void()> driver_copy(int64_t bytes);
/// A product of square matrices by cuBLAS, called directly, with its default workspace.
std::function<void()> cublas_product(int64_t n, Product type);

}  // namespace infograd::bench
