// Private: runs a SliceKernel.
#pragma once

#include <string_view>

#include <infograd/backends/cuda/slices.h>
#include <infograd/backends/cuda/stream.h>
#include <infograd/core/error.h>

namespace infograd::cuda {

template <class Kernel>
__global__ void __launch_bounds__(kThreads) slice_kernel(Kernel kernel) {
  __shared__ typename Kernel::Acc values[kThreads];
  const int thread = static_cast<int>(threadIdx.x);
  values[kernel.place(thread)] = kernel.lane_value(blockIdx.x, thread);
  for (int half = kernel.schedule.lanes / 2; half > 0; half /= 2) {
    __syncthreads();
    kernel.tree_step(values, thread, half);
  }
  kernel.write(values, blockIdx.x, thread);  // lane 0 reads what it wrote itself
}

/// Throws when there are more elements than a kernel can number.
inline void check_numbers(std::string_view op, const Slices& slices) {
  if (slices.kept.numel > kMostElements || (slices.reduced.rank > 1 && slices.reduced.numel > kMostElements))
    throw NotImplemented(
        "cuda: " + std::string(op) +
        " over 2^31 elements or more that are not one run of memory; reduce one axis at a time");
}

/// One pass: without `partials` into out, else into partials [chunks, slices].
template <class Policy, class T, class Out>
void launch_slices(std::string_view op, const Policy& policy, const Slices& slices,
                   const SliceSchedule& schedule, const T* x, Out* out,
                   typename Policy::Acc* partials = nullptr) {
  check_numbers(op, slices);
  const SliceKernel<Policy, T, Out> kernel{policy,
                                           x,
                                           out,
                                           partials,
                                           Offsets<2>(slices.kept),
                                           SliceOffsets(slices.reduced),
                                           schedule,
                                           slices.kept.numel,
                                           slices.reduced.numel};
  slice_kernel<<<static_cast<unsigned>(kernel.groups() * schedule.chunks), kThreads, 0, stream()>>>(kernel);
  check_launch(op);
}

}  // namespace infograd::cuda
