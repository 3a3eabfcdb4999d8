#include <infograd/backends/cuda/cuda_backend.h>
#include <infograd/backends/cuda/layer_norm_body.h>
#include <infograd/backends/cuda/lines.cuh>
#include <infograd/backends/cuda/moments.cuh>
#include <infograd/backends/cuda/numbered.cuh>

namespace infograd {

namespace cuda {

template <class T>
__global__ void __launch_bounds__(kThreads) layer_norm_kernel(LayerNormKernel<T> kernel) {
  __shared__ Moments values[kThreads];
  const int thread = static_cast<int>(threadIdx.x);
  kernel.write(blockIdx.x, thread,
               meet(kernel.lines, values, thread, kernel.moments(blockIdx.x, thread), Moments::combine));
}

template <class T>
__global__ void __launch_bounds__(kThreads) layer_norm_grad_kernel(LayerNormGradKernel<T> kernel) {
  __shared__ GradSums values[kThreads];
  const int thread = static_cast<int>(threadIdx.x);
  kernel.write(blockIdx.x, thread,
               meet(kernel.lines, values, thread, kernel.sums(blockIdx.x, thread), GradSums::combine));
}

}  // namespace cuda

using namespace cuda;

void CudaBackend::layer_norm(const LayerNormArgs& args) {
  if (args.x.numel() == 0) return;
  const DeviceGuard guard(index_);
  visit_floating("layer_norm", args.x.dtype, [&](auto zero) {
    using T = decltype(zero);
    const LayerNormKernel<T> kernel{lines_along<1>(args.x.shape, {&args.x.strides}, 1),
                                    args.x.as<T>(),
                                    args.y.as<T>(),
                                    Vector<const T>(args.weight),
                                    Vector<const T>(args.bias),
                                    Vector<T>(args.mean),
                                    Vector<T>(args.rstd),
                                    args.eps};
    check_lines("layer_norm", kernel.lines);
    layer_norm_kernel<<<blocks_of(kernel.lines), kThreads, 0, stream()>>>(kernel);
    check_launch("layer_norm");
  });
}

void CudaBackend::layer_norm_grad(const LayerNormGradArgs& args) {
  const int64_t width = args.x.shape[1];
  if (width == 0) return;
  const DeviceGuard guard(index_);
  visit_floating("layer_norm", args.x.dtype, [&](auto zero) {
    using T = decltype(zero);
    if (args.dx && args.x.numel() > 0) {
      const LayerNormGradKernel<T> kernel{lines_along<1>(args.x.shape, {&args.x.strides}, 1),
                                          args.dx.as<T>(),
                                          args.dy.as<T>(),
                                          args.x.as<T>(),
                                          Vector<const T>(args.weight),
                                          Vector<const T>(args.mean),
                                          Vector<const T>(args.rstd)};
      check_lines("layer_norm", kernel.lines);
      layer_norm_grad_kernel<<<blocks_of(kernel.lines), kThreads, 0, stream()>>>(kernel);
      check_launch("layer_norm_grad");
    }
    if (!args.dweight && !args.dbias) return;
    const Scratch sums(sizeof(GradSums) * static_cast<size_t>(width));
    accumulate_slices("layer_norm_grad", column_sums<T>(args), column_slices(args.x.shape), args.x.as<T>(),
                      sums.as<GradSums>());
    launch_numbered("layer_norm_grad",
                    ParameterGrads<T>{sums.as<GradSums>(), Vector<T>(args.dweight), Vector<T>(args.dbias)},
                    width);
  });
}

}  // namespace infograd
