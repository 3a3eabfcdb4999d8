// Convolutions over channels-last activations: oneDNN for f32 and bf16; im2col and BLAS for f64, and where
// there is no oneDNN.
#include <infograd/backends/cpu/cpu_backend.h>
#include <infograd/backends/cpu/dense.h>
#include <infograd/backends/cpu/im2col.h>
#include <infograd/backends/cpu/onednn_kernels.h>
#include <infograd/core/trace.h>

namespace infograd {

void CpuBackend::conv(const ConvArgs& given) {
  const DType dtype = given.y.dtype;
  const bool empty = given.x.numel() == 0 || given.y.numel() == 0 || given.w.numel() == 0;
  if (empty || !is_floating(dtype)) return ReferenceBackend::conv(given);

  // The type of the operands that are multiplied, and of the result.
  const bool wants_bf16 = dtype == DType::bf16 || (dtype == DType::f32 && given.precision == Precision::bf16);
  const bool rounded = wants_bf16 && !onednn::has_fast_bf16();
  const DType operand = rounded ? DType::f32 : wants_bf16 ? DType::bf16 : dtype;
  const DType result = rounded ? DType::f32 : dtype;
  if (rounded && dtype == DType::f32) warn_bf16_in_f32("conv");

  ConvArgs args = given;
  if (args.pass == ConvPass::data_grad) args.bias = {};
  DenseCopy memories[4];
  View* const views[] = {&args.x, &args.w, &args.y, &args.bias};
  const int written = args.pass == ConvPass::forward ? 2 : args.pass == ConvPass::data_grad ? 0 : 1;
  bool copied_out[4] = {};
  for (int i = 0; i < 4; ++i) {
    View& v = *views[i];
    if (!v) continue;
    const bool activation = i == 0 || i == 2, bias = i == 3;
    const bool is_written = i == written || (bias && args.pass == ConvPass::weight_grad);
    const DType wanted = is_written || bias ? result : operand;
    const bool fits = activation ? is_channels_last(v) : is_dense(v);
    const bool round = rounded && dtype == DType::f32 && !is_written && !bias;
    if (fits && v.dtype == wanted && !round) continue;
    const Strides strides = activation ? channels_last(v.shape) : same_order(v.shape, v.strides);
    if (is_written) {
      v = memories[i].room(v.shape, strides, wanted);
      copied_out[i] = true;
    } else {
      const ConstView copy =
          round ? memories[i].rounded_to_bf16(*this, v, strides) : memories[i].of(*this, v, wanted, strides);
      v = {const_cast<void*>(copy.data), wanted, copy.shape, copy.strides};
    }
  }

  // oneDNN computes the gradient of an image of few channels as if it had a whole vector of them.
  const bool few_channels = args.pass == ConvPass::data_grad && args.w.shape[1] <= 4 &&
                            operand == DType::f32 && result == DType::f32 && args.groups == 1;
  if (dtype == DType::f64 || few_channels || !onednn::available()) {
    im2col_conv(*this, args);
  } else {
    const bool relu = onednn::take_relu(args.activation) && args.pass == ConvPass::forward;
    if (!onednn::conv(args)) {
      trace::warn_once("cpu.conv",
                       "conv: oneDNN has no primitive for this convolution; the reference loops compute it");
      return ReferenceBackend::conv(given);
    }
    if (relu) unary(UnaryOp::relu, args.y, args.y, 0, 0);
  }
  const View* const outs[] = {&given.x, &given.w, &given.y, &given.bias};
  for (int i = 0; i < 4; ++i)
    if (copied_out[i]) copy(*outs[i], *views[i]);
}

}  // namespace infograd
