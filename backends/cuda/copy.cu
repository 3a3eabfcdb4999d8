// Moving values: where, fill, copy with conversion.
#include <infograd/backends/cuda/cuda_backend.h>
#include <infograd/backends/cuda/elementwise.cuh>
#include <infograd/backends/cuda/functions.h>

namespace infograd {

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
      elementwise("copy", Converted<T, T>{}, out.shape, strides, out.as<T>(), x.as<T>());
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
