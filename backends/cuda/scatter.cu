// Sums into chosen places without atomics: targets are sorted, stably, and each is summed in order by one
// thread.
#include <infograd/backends/cuda/cuda_backend.h>
#include <infograd/backends/cuda/index_body.h>
#include <infograd/backends/cuda/sorted_keys.h>
#include <infograd/backends/cuda/stream.h>

namespace infograd {

namespace cuda {

template <class T>
__global__ void __launch_bounds__(kThreads) segment_add_kernel(SegmentAdd<T> kernel, uint32_t others) {
  const int64_t i = int64_t{blockIdx.x} * kThreads + threadIdx.x;
  const int64_t entry = i / others;
  if (entry < kernel.count) kernel.run(entry, static_cast<uint32_t>(i - entry * others));
}

__global__ void __launch_bounds__(kThreads)
    scatter_keys_kernel(int64_t n, Offsets<2> offsets, int64_t axis_step, const int64_t* index,
                        int64_t* keys) {
  const int64_t i = int64_t{blockIdx.x} * kThreads + threadIdx.x;
  if (i < n) keys[i] = scatter_key(static_cast<uint32_t>(i), offsets, axis_step, index);
}

__global__ void __launch_bounds__(kThreads)
    copy_keys_kernel(int64_t n, int64_t step, const int64_t* index, int64_t* keys) {
  const int64_t i = int64_t{blockIdx.x} * kThreads + threadIdx.x;
  if (i < n) keys[i] = index[i * step];
}

namespace {

Offsets<1> offsets_of(const Shape& shape, const Strides& strides) {
  return Offsets<1>(collapse<1>(shape, {&strides}, Order::row_major));
}

void check_numbers(std::string_view op, const View& out, const ConstView& src) {
  if (out.numel() > kMostElements || src.numel() > kMostElements)
    throw NotImplemented("cuda: " + std::string(op) + " with 2^31 elements or more");
}

template <class T>
void launch(std::string_view op, const SegmentAdd<T>& kernel, int64_t others) {
  const unsigned blocks = blocks_for(kernel.count * others, kThreads);
  segment_add_kernel<<<blocks, kThreads, 0, stream()>>>(kernel, static_cast<uint32_t>(others));
  check_launch(op);
}

}  // namespace
}  // namespace cuda

using namespace cuda;

void CudaBackend::scatter_add(View out, ConstView index, ConstView src, int axis) {
  const int64_t n = src.numel();
  if (n == 0) return;
  cuda::check_numbers("scatter_add", out, src);
  const DeviceGuard guard(index_);
  Strides number = contiguous_strides(out.shape);
  const int64_t axis_step = number[axis];
  number[axis] = 0;
  SortedKeys sorted(n);
  scatter_keys_kernel<<<blocks_for(n, kThreads), kThreads, 0, stream()>>>(
      n, Offsets<2>(collapse<2>(src.shape, {&number, &index.strides}, Order::row_major)), axis_step,
      index.as<int64_t>(), sorted.unsorted());
  check_launch("scatter_add");
  sorted.sort(out.numel());
  visit_dtype(out.dtype, [&](auto zero) {
    using T = decltype(zero);
    launch("scatter_add",
           SegmentAdd<T>{out.as<T>(), src.as<T>(), sorted.keys(), sorted.order(), n, Offsets<2>(),
                         offsets_of(out.shape, out.strides), offsets_of(src.shape, src.strides)},
           1);
  });
}

void CudaBackend::index_add(View out, ConstView index, ConstView src, int axis) {
  const int64_t n = src.shape[axis], others = src.numel() == 0 ? 0 : src.numel() / n;
  if (others == 0) return;
  cuda::check_numbers("index_add", out, src);
  const DeviceGuard guard(index_);
  SortedKeys sorted(n);
  copy_keys_kernel<<<blocks_for(n, kThreads), kThreads, 0, stream()>>>(
      n, index.strides[0], index.as<int64_t>(), sorted.unsorted());
  check_launch("index_add");
  sorted.sort(out.shape[axis]);
  Shape beside = src.shape;
  beside[axis] = 1;
  visit_dtype(out.dtype, [&](auto zero) {
    using T = decltype(zero);
    launch("index_add",
           SegmentAdd<T>{out.as<T>(), src.as<T>(), sorted.keys(), sorted.order(), n,
                         Offsets<2>(collapse<2>(beside, {&out.strides, &src.strides})),
                         offsets_of({out.shape[axis]}, {out.strides[axis]}),
                         offsets_of({n}, {src.strides[axis]})},
           others);
  });
}

}  // namespace infograd
