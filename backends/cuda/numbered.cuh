// Private: kernels of one thread per element, for bodies with run(number).
#pragma once

#include <string>
#include <string_view>

#include <infograd/backends/cuda/indexing.h>
#include <infograd/backends/cuda/launch.h>
#include <infograd/backends/cuda/stream.h>
#include <infograd/core/error.h>

namespace infograd::cuda {

template <class Kernel>
__global__ void __launch_bounds__(kThreads) numbered_kernel(Kernel kernel, uint32_t n) {
  const uint32_t i = blockIdx.x * kThreads + threadIdx.x;
  if (i < n) kernel.run(i);
}

/// kernel.run(i) for all i below n.
template <class Kernel>
void launch_numbered(std::string_view op, const Kernel& kernel, int64_t n) {
  if (n == 0) return;
  if (n > kMostElements)
    throw NotImplemented("cuda: " + std::string(op) + " of 2^31 elements or more; split the batch");
  numbered_kernel<<<blocks_for(n, kThreads), kThreads, 0, stream()>>>(kernel, static_cast<uint32_t>(n));
  check_launch(op);
}

}  // namespace infograd::cuda
