#include <infograd/backends/cuda/elementwise.cuh>
#include <infograd/backends/cuda/functions.h>
#include <infograd/backends/cuda/products.h>

namespace infograd::cuda {

void bias_activation(const View& out, const ConstView& bias, Activation activation) {
  if (!bias && activation == Activation::none) return;
  Strides along(Dims::filled(out.rank(), 0));  // bias moves along the columns
  if (bias && bias.numel() > 1) along[out.rank() - 1] = bias.strides[0];
  visit_floating("gemm", out.dtype, [&](auto zero) {
    using T = decltype(zero);
    T* y = out.as<T>();
    if (bias)
      elementwise("gemm", BiasActivation<T>{activation}, out.shape, {&out.strides, &out.strides, &along}, y,
                  static_cast<const T*>(y), bias.as<T>());
    else
      elementwise("gemm", OnlyActivation<T>{activation}, out.shape, {&out.strides, &out.strides}, y,
                  static_cast<const T*>(y));
  });
}

}  // namespace infograd::cuda
