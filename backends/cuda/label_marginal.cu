#include <cmath>

#include <infograd/backends/cuda/cuda_backend.h>
#include <infograd/backends/cuda/label_marginal_body.h>
#include <infograd/backends/cuda/lines.cuh>
#include <infograd/backends/cuda/slices.cuh>

namespace infograd {

namespace cuda {

template <class T>
__global__ void __launch_bounds__(kThreads) label_marginal_kernel(LabelMarginalKernel<T> kernel) {
  using Kernel = LabelMarginalKernel<T>;
  __shared__ typename Kernel::Value values[kThreads];
  const int thread = static_cast<int>(threadIdx.x);
  kernel.write(blockIdx.x, thread,
               meet(kernel.rows.lines, values, thread, kernel.sum(blockIdx.x, thread), Kernel::merge));
}

template <class T>
__global__ void __launch_bounds__(kThreads) label_marginal_grad_kernel(LabelMarginalGradKernel<T> kernel) {
  using Kernel = LabelMarginalGradKernel<T>;
  __shared__ double values[kThreads];
  const int thread = static_cast<int>(threadIdx.x);
  kernel.write(blockIdx.x, thread,
               meet(kernel.rows.lines, values, thread, kernel.sum(blockIdx.x, thread), Kernel::add));
}

namespace {

template <class T>
LabelMarginalRows<T> rows_of(const LabelMarginalArgs& args) {
  const LabelMarginalRows<T> rows{lines_along<1>(args.logits.shape, {&args.logits.strides}, 1),
                                  args.logits.as<T>(), args.labels.as<int64_t>()};
  check_lines("label_marginal", rows.lines);
  return rows;
}

/// The second part of out, from the lse of the rows.
template <class T>
void average(const LabelMarginalArgs& args) {
  const int64_t rows = args.logits.shape[0], classes = args.logits.shape[1];
  const RowLogSoftmax<T> l{args.lse.as<T>(), rows};
  const double log_rows = std::log(static_cast<double>(rows));
  const Slices slices = Slices::of(args.logits.shape, args.logits.strides, {1, classes}, {classes, 1});
  const SliceSchedule schedule = schedule_slices(slices, true);
  using Acc = LogSum<double>;
  const Scratch memory(schedule.chunks > 1 ? sizeof(Acc) * static_cast<size_t>(schedule.chunks * classes)
                                           : 0);
  Acc* const partials = schedule.chunks > 1 ? memory.as<Acc>() : nullptr;
  T* const out = args.out.as<T>() + rows;
  launch_slices("label_marginal", AverageLogProbability<T, T>{l, log_rows}, slices, schedule,
                args.logits.as<T>(), out, partials);
  if (partials == nullptr) return;
  const Slices rest = slices_of_partials(slices, schedule.chunks);
  launch_slices("label_marginal", AverageLogProbability<T, Acc>{l, log_rows}, rest,
                schedule_slices(rest, false), static_cast<const Acc*>(partials), out);
}

}  // namespace
}  // namespace cuda

using namespace cuda;

void CudaBackend::label_marginal(const LabelMarginalArgs& args) {
  if (args.logits.numel() == 0) return;
  const DeviceGuard guard(index_);
  visit_floating("label_marginal", args.logits.dtype, [&](auto zero) {
    using T = decltype(zero);
    const LabelMarginalKernel<T> kernel{rows_of<T>(args), args.out.as<T>(), args.lse.as<T>()};
    label_marginal_kernel<<<blocks_of(kernel.rows.lines), kThreads, 0, stream()>>>(kernel);
    check_launch("label_marginal");
    average<T>(args);
  });
}

void CudaBackend::label_marginal_grad(const LabelMarginalArgs& args) {
  if (args.logits.numel() == 0) return;
  const DeviceGuard guard(index_);
  visit_floating("label_marginal_grad", args.logits.dtype, [&](auto zero) {
    using T = decltype(zero);
    const LabelMarginalGradKernel<T> kernel{rows_of<T>(args),
                                            {args.lse.as<T>(), args.logits.shape[0]},
                                            args.out.as<T>(),
                                            args.grad.as<T>(),
                                            args.dlogits.as<T>()};
    label_marginal_grad_kernel<<<blocks_of(kernel.rows.lines), kThreads, 0, stream()>>>(kernel);
    check_launch("label_marginal_grad");
  });
}

}  // namespace infograd
