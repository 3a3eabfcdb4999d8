// Convolution through cuDNN where it was found and has a plan, else as products of patches.
#include <deque>

#include <infograd/backends/cuda/cuda_backend.h>
#include <infograd/backends/cuda/cudnn_conv.h>
#include <infograd/backends/cuda/im2col.h>
#include <infograd/backends/cuda/numbered.cuh>
#include <infograd/backends/cuda/products.h>

namespace infograd {

namespace cuda {
namespace {

class CudaConvDevice : public ConvDevice {
 public:
  explicit CudaConvDevice(Backend& backend) : backend_(backend) {}

  View room(const Shape& shape, DType dtype) override {
    const Scratch& memory = rooms_.emplace_back(static_cast<size_t>(shape.numel()) * item_size(dtype));
    return {memory.data(), dtype, shape, contiguous_strides(shape)};
  }
  void copy(View out, ConstView x) override { backend_.copy(out, x); }
  void gemm(const GemmArgs& args) override { backend_.gemm(args); }
  void sum_channels(View out, ConstView x) override { backend_.reduce(ReduceOp::sum, out, x, 0); }
  void bias_activation(View out, ConstView bias, Activation activation) override {
    cuda::bias_activation(out, bias, activation);
  }

  void unfold(const ConvWindows& windows, ConstView x, View patches) override {
    const auto launch = [&](auto to, auto from) {
      using To = decltype(to);
      using From = decltype(from);
      launch_numbered("conv", Unfold<To, From>(windows, x, patches.as<To>()), patches.numel());
    };
    if (patches.dtype != x.dtype) return launch(bfloat16(), float());
    visit_width(x.dtype, [&](auto zero) { launch(zero, zero); });
  }
  void fold(const ConvWindows& windows, View x, ConstView patches) override {
    const auto launch = [&](auto to, auto from) {
      using To = decltype(to);
      using From = decltype(from);
      launch_numbered("conv", Fold<To, From>(windows, x, patches.as<From>()), x.numel());
    };
    if (patches.dtype != x.dtype) return launch(bfloat16(), float());
    visit_floating("conv2d", x.dtype, [&](auto zero) { launch(zero, zero); });
  }

 private:
  Backend& backend_;
  std::deque<Scratch> rooms_;
};

}  // namespace
}  // namespace cuda

using namespace cuda;

void CudaBackend::conv(const ConvArgs& args) {
  const DeviceGuard guard(index_);
  if (!is_floating(args.x.dtype)) throw_dtype("conv2d", args.x.dtype);
  if (args.x.numel() == 0 || args.y.numel() == 0) {
    if (args.pass == ConvPass::data_grad) fill(args.x, 0);
    if (args.pass == ConvPass::weight_grad) {
      fill(args.w, 0);
      if (args.bias) fill(args.bias, 0);
    }
    return;
  }
  if (cudnn_conv(*this, args)) return;
  CudaConvDevice device(*this);
  Im2col(device, args).run();
}

}  // namespace infograd
