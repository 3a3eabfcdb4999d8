// Private: cuBLASLt behind one call. It finds an algorithm once per shape, layout and alignment, and keeps
// it.
#pragma once

#include <infograd/backends/args.h>
#include <infograd/backends/cuda/gemm_plan.h>

namespace infograd::cuda {

/// Operands of one dtype (f32, f64, bf16), out of the same, or f32 from bf16.
struct Product {
  DType operands = DType::f32, out_type = DType::f32;
  bool tensor_float = false;  ///< f32 operands may be rounded to TF32
  void* out = nullptr;
  const void* a = nullptr;
  const void* b = nullptr;
  const void* bias = nullptr;  ///< [N] of out_type, added when out is row-major; may be null
  double alpha = 1, beta = 0;
};

/// Whether the library may add that bias to the product: it adds one along the rows of its column-major
/// result only, reads it in vectors, and has no such kernels in f64.
bool adds_bias(const GemmPlan& plan, const ConstView& bias);

/// Queues the calls of a plan on the current device. Throws DeviceError when the library has no algorithm.
void multiply(const GemmPlan& plan, const Product& product);

/// out = activation(out + bias) in place; bias [N] may be empty. (gemm_epilogue.cu)
void bias_activation(const View& out, const ConstView& bias, Activation activation);

}  // namespace infograd::cuda
