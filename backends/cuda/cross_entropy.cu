#include <infograd/backends/cuda/cross_entropy_body.h>
#include <infograd/backends/cuda/cuda_backend.h>
#include <infograd/backends/cuda/lines.cuh>

namespace infograd {

namespace cuda {

template <class T>
__global__ void __launch_bounds__(kThreads) cross_entropy_kernel(CrossEntropyKernel<T> kernel) {
  using Kernel = CrossEntropyKernel<T>;
  __shared__ double largest[kThreads];
  __shared__ typename Kernel::Value values[kThreads];
  const int thread = static_cast<int>(threadIdx.x);
  const Lines<1>& lines = kernel.rows.lines;
  const double m = meet(lines, largest, thread, kernel.largest(blockIdx.x, thread), Kernel::larger);
  kernel.write(blockIdx.x, thread, m,
               meet(lines, values, thread, kernel.sums(blockIdx.x, thread, m), Kernel::add));
}

template <class T>
__global__ void __launch_bounds__(kThreads) cross_entropy_grad_kernel(CrossEntropyGradKernel<T> kernel) {
  __shared__ double values[kThreads];
  const int thread = static_cast<int>(threadIdx.x);
  kernel.write(blockIdx.x, thread,
               meet(kernel.rows.lines, values, thread, kernel.weights(blockIdx.x, thread),
                    CrossEntropyGradKernel<T>::add));
}

namespace {

/// The step of an optional vector.
int64_t step_of(const ConstView& v) {
  return v && v.rank() > 0 ? v.strides[0] : 0;
}

template <class T>
CrossEntropyRows<T> rows_of(const CrossEntropyArgs& args) {
  const CrossEntropyRows<T> rows{lines_along<1>(args.logits.shape, {&args.logits.strides}, 1),
                                 args.logits.as<T>(),
                                 args.labels.as<int64_t>(),
                                 step_of(args.labels),
                                 args.weight.as<T>(),
                                 args.smoothing,
                                 args.ignore_index};
  check_lines("cross_entropy", rows.lines);
  return rows;
}

}  // namespace
}  // namespace cuda

using namespace cuda;

void CudaBackend::cross_entropy(const CrossEntropyArgs& args) {
  if (args.logits.shape[0] == 0) return;
  const DeviceGuard guard(index_);
  visit_floating("cross_entropy", args.logits.dtype, [&](auto zero) {
    using T = decltype(zero);
    const CrossEntropyKernel<T> kernel{rows_of<T>(args), args.loss.as<T>(), step_of(args.loss),
                                       args.lse.as<double>(), step_of(args.lse)};
    cross_entropy_kernel<<<blocks_of(kernel.rows.lines), kThreads, 0, stream()>>>(kernel);
    check_launch("cross_entropy");
  });
}

void CudaBackend::cross_entropy_grad(const CrossEntropyArgs& args) {
  if (args.logits.numel() == 0) return;
  const DeviceGuard guard(index_);
  visit_floating("cross_entropy", args.logits.dtype, [&](auto zero) {
    using T = decltype(zero);
    const CrossEntropyGradKernel<T> kernel{rows_of<T>(args),      args.grad.as<T>(), step_of(args.grad),
                                           args.lse.as<double>(), step_of(args.lse), args.dlogits.as<T>()};
    cross_entropy_grad_kernel<<<blocks_of(kernel.rows.lines), kThreads, 0, stream()>>>(kernel);
    check_launch("cross_entropy_grad");
  });
}

}  // namespace infograd
