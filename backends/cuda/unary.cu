#include <infograd/backends/cuda/cuda_backend.h>
#include <infograd/backends/cuda/elementwise.cuh>
#include <infograd/backends/cuda/functions.h>

namespace infograd {

using namespace cuda;

void CudaBackend::unary(UnaryOp op, View out, ConstView x, double p0, double p1) {
  const DeviceGuard guard(index_);
  const std::array<const Strides*, 2> strides{&out.strides, &x.strides};
  visit_dtype(x.dtype, [&](auto zero) {
    using T = decltype(zero);
    if (op == UnaryOp::logical_not || op == UnaryOp::isfinite) {
      elementwise("unary", UnaryFlag<T>{op == UnaryOp::isfinite}, out.shape, strides, out.as<bool>(),
                  x.as<T>());
    } else if constexpr (is_floating_v<T>) {
      using C = ComputeOf<T>;
      scalar_math::visit(op, [&](auto function) {
        const UnaryValue<decltype(function), T> f{static_cast<C>(p0), static_cast<C>(p1)};
        elementwise("unary", f, out.shape, strides, out.as<T>(), x.as<T>());
      });
    } else if constexpr (!std::is_same_v<T, bool>) {
      if (!integer_ops::has(op)) throw_dtype("this element-wise function", x.dtype);
      const IntegerUnary<T> f{op, integer_ops::parameters(op, p0, p1)};
      elementwise("unary", f, out.shape, strides, out.as<T>(), x.as<T>());
    } else {
      throw_dtype("arithmetic", DType::b8);
    }
  });
}

}  // namespace infograd
