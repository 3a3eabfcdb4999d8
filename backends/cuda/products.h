// Private: cuBLASLt behind one call. It finds an algorithm once per shape, layout and alignment, and keeps
// it.
#pragma once

#include <infograd/backends/args.h>
#include <infograd/backends/cuda/epilogue.h>
#include <infograd/backends/cuda/gemm_plan.h>

namespace infograd::cuda {

/// Operands of one dtype (f32, f64, bf16), out of the same, or f32 from bf16.
struct Product {
  DType operands = DType::f32, out_type = DType::f32;
  bool tensor_float = false;  ///< f32 operands may be rounded to TF32
  void* out = nullptr;
  const void* a = nullptr;
  const void* b = nullptr;
  Epilogue epilogue = Epilogue::none;
  const void* bias = nullptr;  ///< [N] of out_type; for row_sums where they are written, [M]
  double alpha = 1, beta = 0;
};

/// What decides about the bias and activation of a layer.
EpilogueRequest request_of(const GemmArgs& args);

/// Queues the calls of a plan on the current device. Returns false, with nothing done, when the library has
/// no algorithm with that epilogue; throws DeviceError when it has none without.
bool multiply(const GemmPlan& plan, const Product& product);

/// backends/row_sums.h
bool multiply_with_row_sums(const GemmArgs& args, const View& sums, int device);

/// out = activation(out + bias) in place; bias [N] may be empty. (gemm_epilogue.cu)
void bias_activation(const View& out, const ConstView& bias, Activation activation);

}  // namespace infograd::cuda
