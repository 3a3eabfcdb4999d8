// Moving values: where, fill, copy with conversion.
#include <infograd/backends/cuda/cuda_backend.h>
#include <infograd/backends/cuda/elementwise.cuh>
#include <infograd/backends/cuda/functions.h>
#include <infograd/backends/cuda/tiled_copy.h>

namespace infograd {

namespace cuda {

template <class T>
__global__ void __launch_bounds__(kThreads) tiled_copy_kernel(TiledCopy<T> copy) {
  __shared__ typename TiledCopy<T>::Tile tile;
  copy.read(blockIdx.x, static_cast<int>(threadIdx.x), tile);
  __syncthreads();
  copy.write(blockIdx.x, static_cast<int>(threadIdx.x), tile);
}

}  // namespace cuda

using namespace cuda;

void CudaBackend::where(View out, ConstView condition, ConstView a, ConstView b) {
  const DeviceGuard guard(index_);
  visit_width(out.dtype, [&](auto zero) {
    using T = decltype(zero);
    elementwise("where", Choose<T>{}, out.shape, {&out.strides, &condition.strides, &a.strides, &b.strides},
                out.as<T>(), condition.as<bool>(), a.as<T>(), b.as<T>());
  });
}

void CudaBackend::fill(View out, double value) {
  const DeviceGuard guard(index_);
  visit_dtype(out.dtype, [&](auto zero) {
    using T = decltype(zero);
    elementwise("fill", Constant<T>{convert<T>(value)}, out.shape, {&out.strides}, out.as<T>());
  });
}

void CudaBackend::copy(View out, ConstView x) {
  const DeviceGuard guard(index_);
  const std::array<const Strides*, 2> strides{&out.strides, &x.strides};
  if (out.dtype == x.dtype)
    return visit_width(x.dtype, [&](auto zero) {
      using T = decltype(zero);
      for_each_part<2>(collapse<2>(out.shape, strides), [&](const Loop<2>& part, const auto& first) {
        T* const to = out.as<T>() + first[0];
        const T* const from = x.as<T>() + first[1];
        const auto tiles = tiles_of(part);
        if (!tiles) return launch_elementwise<2>("copy", Converted<T, T>{}, part, to, from);
        tiled_copy_kernel<<<static_cast<unsigned>(tiles->count), kThreads, 0, stream()>>>(
            TiledCopy<T>{*tiles, to, from});
        check_launch("copy");
      });
    });
  visit_dtype(out.dtype, [&](auto to_zero) {
    visit_dtype(x.dtype, [&](auto from_zero) {
      using To = decltype(to_zero);
      using From = decltype(from_zero);
      if constexpr (!std::is_same_v<To, From>)
        elementwise("copy", Converted<To, From>{}, out.shape, strides, out.as<To>(), x.as<From>());
    });
  });
}

}  // namespace infograd
