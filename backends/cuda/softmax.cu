#include <infograd/backends/cuda/cuda_backend.h>
#include <infograd/backends/cuda/lines.cuh>
#include <infograd/backends/cuda/softmax_body.h>

namespace infograd {

namespace cuda {

template <class T>
__global__ void __launch_bounds__(kThreads) softmax_kernel(SoftmaxKernel<T> kernel) {
  __shared__ double values[kThreads];
  const int thread = static_cast<int>(threadIdx.x);
  using Kernel = SoftmaxKernel<T>;
  const double m = meet(kernel.lines, values, thread, kernel.largest(blockIdx.x, thread), Kernel::larger);
  const double s = meet(kernel.lines, values, thread, kernel.sum(blockIdx.x, thread, m), Kernel::add);
  kernel.write(blockIdx.x, thread, m, s);
}

template <class T>
__global__ void __launch_bounds__(kThreads) softmax_grad_kernel(SoftmaxGradKernel<T> kernel) {
  using Kernel = SoftmaxGradKernel<T>;
  __shared__ typename Kernel::Value values[kThreads];
  const int thread = static_cast<int>(threadIdx.x);
  kernel.write(blockIdx.x, thread,
               meet(kernel.lines, values, thread, kernel.sums(blockIdx.x, thread), Kernel::add));
}

}  // namespace cuda

using namespace cuda;

void CudaBackend::softmax(View out, ConstView x, int axis, bool log) {
  if (x.numel() == 0) return;
  const DeviceGuard guard(index_);
  visit_floating("softmax", x.dtype, [&](auto zero) {
    using T = decltype(zero);
    const SoftmaxKernel<T> kernel{lines_along<2>(x.shape, {&out.strides, &x.strides}, axis), out.as<T>(),
                                  x.as<T>(), log};
    check_lines("softmax", kernel.lines);
    softmax_kernel<<<blocks_of(kernel.lines), kThreads, 0, stream()>>>(kernel);
    check_launch("softmax");
  });
}

void CudaBackend::softmax_grad(View dx, ConstView dy, ConstView y, int axis, bool log) {
  if (y.numel() == 0) return;
  const DeviceGuard guard(index_);
  visit_floating("softmax", y.dtype, [&](auto zero) {
    using T = decltype(zero);
    const SoftmaxGradKernel<T> kernel{lines_along<3>(y.shape, {&dx.strides, &dy.strides, &y.strides}, axis),
                                      dx.as<T>(), dy.as<T>(), y.as<T>(), log};
    check_lines("softmax", kernel.lines);
    softmax_grad_kernel<<<blocks_of(kernel.lines), kThreads, 0, stream()>>>(kernel);
    check_launch("softmax_grad");
  });
}

}  // namespace infograd
