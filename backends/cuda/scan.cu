#include <infograd/backends/cuda/cuda_backend.h>
#include <infograd/backends/cuda/scan_body.h>
#include <infograd/backends/cuda/stream.h>

namespace infograd {

namespace cuda {

template <class T>
__global__ void __launch_bounds__(kThreads) scan_lines_kernel(ScanKernel<T> kernel) {
  kernel.whole_line(int64_t{blockIdx.x} * kThreads + threadIdx.x);
}

template <class T>
__global__ void __launch_bounds__(kThreads) scan_blocks_kernel(ScanKernel<T> kernel) {
  using Acc = typename ScanKernel<T>::Acc;
  __shared__ Acc values[kThreads];
  const int thread = static_cast<int>(threadIdx.x);
  int64_t at[2];
  kernel.kept.at(blockIdx.x, at);
  Acc carry = 0;
  for (int64_t tile = 0; tile * kThreads < kernel.length; ++tile) {
    values[thread] = kernel.load(at, tile, thread);
    for (int distance = 1; distance < kThreads; distance *= 2) {
      __syncthreads();
      const Acc sum = kernel.step(values, thread, distance);
      __syncthreads();
      values[thread] = sum;
    }
    __syncthreads();
    kernel.store(at, tile, thread, values, carry);
    carry = kernel.add(carry, values[kThreads - 1]);
    __syncthreads();
  }
}

}  // namespace cuda

using namespace cuda;

void CudaBackend::cumsum(View out, ConstView x, int axis, bool exclusive, bool reverse) {
  if (x.numel() == 0) return;
  const DeviceGuard guard(index_);
  Shape kept = x.shape;
  kept[axis] = 1;
  const auto lines = collapse<2>(kept, {&out.strides, &x.strides});
  if (lines.numel > kMostElements) throw NotImplemented("cuda: cumsum of 2^31 lines or more");
  visit_dtype(x.dtype, [&](auto zero) {
    using T = decltype(zero);
    if constexpr (std::is_same_v<T, bool>) {
      throw_dtype("cumsum", DType::b8);
    } else {
      const ScanKernel<T> kernel{Offsets<2>(lines), out.strides[axis], x.strides[axis],
                                 lines.numel,       x.shape[axis],     out.as<T>(),
                                 x.as<T>(),         exclusive,         reverse};
      if (scans_by_block(kernel.count, kernel.length))
        scan_blocks_kernel<<<static_cast<unsigned>(kernel.count), kThreads, 0, stream()>>>(kernel);
      else
        scan_lines_kernel<<<blocks_for(kernel.count, kThreads), kThreads, 0, stream()>>>(kernel);
      check_launch("cumsum");
    }
  });
}

}  // namespace infograd
