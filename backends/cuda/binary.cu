#include <infograd/backends/cuda/cuda_backend.h>
#include <infograd/backends/cuda/elementwise.cuh>
#include <infograd/backends/cuda/functions.h>

namespace infograd {

using namespace cuda;

void CudaBackend::binary(BinaryOp op, View out, ConstView a, ConstView b, double alpha) {
  const DeviceGuard guard(index_);
  const std::array<const Strides*, 3> strides{&out.strides, &a.strides, &b.strides};
  visit_dtype(a.dtype, [&](auto zero) {
    using T = decltype(zero);
    if (scalar_math::is_comparison(op)) {
      elementwise("binary", Comparison<T>{op}, out.shape, strides, out.as<bool>(), a.as<T>(), b.as<T>());
    } else if constexpr (is_floating_v<T>) {
      scalar_math::visit(op, [&](auto function) {
        const BinaryValue<decltype(function), T> f{static_cast<ComputeOf<T>>(alpha)};
        elementwise("binary", f, out.shape, strides, out.as<T>(), a.as<T>(), b.as<T>());
      });
    } else if constexpr (!std::is_same_v<T, bool>) {
      const IntegerBinary<T> f{op, op == BinaryOp::add ? integer_ops::whole(alpha) : 1};
      elementwise("binary", f, out.shape, strides, out.as<T>(), a.as<T>(), b.as<T>());
    } else {
      throw_dtype("arithmetic", DType::b8);
    }
  });
}

}  // namespace infograd
