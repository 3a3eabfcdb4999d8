#include <infograd/backends/cuda/cuda_backend.h>
#include <infograd/backends/cuda/elementwise.cuh>
#include <infograd/backends/cuda/functions.h>

namespace infograd {

using namespace cuda;

void CudaBackend::unary_grad(UnaryOp op, View dx, ConstView dy, ConstView x, ConstView y, double p0,
                             double p1) {
  const DeviceGuard guard(index_);
  visit_floating("the derivative of an element-wise function", dx.dtype, [&](auto zero) {
    using T = decltype(zero);
    using C = ComputeOf<T>;
    scalar_math::visit(op, [&](auto function) {
      using Function = decltype(function);
      if constexpr (Function::uses == scalar_math::Uses::none) {
        throw NotImplemented("cuda: unary_grad of a function without one");
      } else {
        const ConstView& used = Function::uses == scalar_math::Uses::y         ? y
                                : Function::uses == scalar_math::Uses::nothing ? dy
                                                                               : x;
        const UnaryDerivative<Function, T> f{static_cast<C>(p0), static_cast<C>(p1)};
        elementwise("unary_grad", f, dx.shape, {&dx.strides, &dy.strides, &used.strides}, dx.as<T>(),
                    dy.as<T>(), used.as<T>());
      }
    });
  });
}

}  // namespace infograd
