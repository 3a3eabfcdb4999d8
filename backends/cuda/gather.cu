#include <infograd/backends/cuda/cuda_backend.h>
#include <infograd/backends/cuda/index_body.h>
#include <infograd/backends/cuda/stream.h>

namespace infograd {

namespace cuda {

template <class T>
__global__ void __launch_bounds__(kThreads)
    take_kernel(uint32_t n, Offsets<3> offsets, int64_t step, T* out, const T* x, const int64_t* index) {
  const uint32_t i = blockIdx.x * kThreads + threadIdx.x;
  if (i < n) take_element(i, offsets, step, out, x, index);
}

namespace {

void take(const View& out, const ConstView& x, const ConstView& index, const Strides& index_strides,
          int axis) {
  Strides still = x.strides;
  still[axis] = 0;  // the index moves this axis, not the loop
  const auto loop = collapse<3>(out.shape, {&out.strides, &still, &index_strides});
  visit_width(out.dtype, [&](auto zero) {
    using T = decltype(zero);
    for_each_part<3>(loop, [&](const Loop<3>& part, const std::array<int64_t, 3>& first) {
      take_kernel<<<blocks_for(part.numel, kThreads), kThreads, 0, stream()>>>(
          static_cast<uint32_t>(part.numel), Offsets<3>(part), x.strides[axis], out.as<T>() + first[0],
          x.as<T>() + first[1], index.as<int64_t>() + first[2]);
      check_launch("gather");
    });
  });
}

}  // namespace
}  // namespace cuda

using namespace cuda;

void CudaBackend::gather(View out, ConstView x, ConstView index, int axis) {
  const DeviceGuard guard(index_);
  take(out, x, index, index.strides, axis);
}

void CudaBackend::index_select(View out, ConstView x, ConstView index, int axis) {
  const DeviceGuard guard(index_);
  Strides along(Dims::filled(out.rank(), 0));  // only `axis` moves the index
  along[axis] = index.strides[0];
  take(out, x, index, along, axis);
}

}  // namespace infograd
