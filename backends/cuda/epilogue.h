// Private: which part of a layer cuBLASLt does together with the product, and which a pass of our own does
// afterwards. Pure: host tests read the whole table.
#pragma once

#include <cstddef>

#include <infograd/backends/args.h>
#include <infograd/backends/cuda/gemm_plan.h>

namespace infograd::cuda {

/// What the library adds to a product in its registers.
enum class Epilogue : uint8_t {
  none,
  bias,
  relu,
  relu_bias,
  gelu,
  gelu_bias,
  row_sums  ///< also sums its right factor over the inner extent: the gradient of a bias
};

/// What is asked for, as far as it decides.
struct EpilogueRequest {
  bool bias = false;
  bool bias_dense = true;     ///< stride 1
  size_t bias_alignment = 0;  ///< bytes that its address is a multiple of
  Activation activation = Activation::none;
  bool row_sums = false;
  bool library_activations = false;  ///< LibraryActivationsScope
};

/// The library writes by columns: a bias lies along the rows of its result (our columns, where out is
/// row-major), is read in vectors of 16 bytes, and has no kernels in f64. Its gelu is the tanh form and its
/// relu may turn NaN into 0, where ours is the exact one and keeps NaN: only taken when that is allowed.
/// row_sums: the right factor's sums are what we ask for in a row-major result, and only of one product.
inline Epilogue choose_epilogue(const GemmPlan& plan, DType operands, DType out_type,
                                const EpilogueRequest& request) {
  const bool ours = !plan.b_first || operands == DType::f64;
  if (request.row_sums) {
    const bool one_product = plan.batch == 1 && plan.outer.numel() == 1;
    return ours || !one_product || operands != out_type ? Epilogue::none : Epilogue::row_sums;
  }
  const bool bias_fits = !request.bias || (request.bias_dense && request.bias_alignment >= 16);
  if (ours || !bias_fits) return Epilogue::none;
  switch (request.library_activations ? request.activation : Activation::none) {
    case Activation::relu:
      return request.bias ? Epilogue::relu_bias : Epilogue::relu;
    case Activation::gelu:
      return request.bias ? Epilogue::gelu_bias : Epilogue::gelu;
    default:  // tanh and sigmoid follow in a pass that may as well add the bias
      return request.bias && request.activation == Activation::none ? Epilogue::bias : Epilogue::none;
  }
}

/// What is left for our own pass.
struct Remaining {
  bool bias;
  Activation activation;
};
inline Remaining remaining_after(Epilogue done, const EpilogueRequest& request) {
  const bool activated = done == Epilogue::relu || done == Epilogue::relu_bias || done == Epilogue::gelu ||
                         done == Epilogue::gelu_bias;
  return {request.bias && done == Epilogue::none, activated ? Activation::none : request.activation};
}

}  // namespace infograd::cuda
