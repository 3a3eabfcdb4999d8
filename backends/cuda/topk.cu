// The k largest or smallest of every line: CUB sorts the lines, stably, so that the lower index comes first.
#include <algorithm>

#include <infograd/backends/cuda/cuda_backend.h>
#include <infograd/backends/cuda/launch.h>
#include <infograd/backends/cuda/sorted_keys.h>
#include <infograd/backends/cuda/topk_body.h>

namespace infograd {

namespace cuda {

template <class T>
__global__ void __launch_bounds__(kThreads) topk_keys_kernel(TopK<T> topk, uint32_t n, int64_t* keys) {
  const uint32_t e = blockIdx.x * kThreads + threadIdx.x;
  if (e < n) keys[e] = topk.key(e);
}

template <class T>
__global__ void __launch_bounds__(kThreads)
    topk_lines_kernel(TopK<T> topk, uint32_t n, const int64_t* order, int64_t* keys) {
  const uint32_t e = blockIdx.x * kThreads + threadIdx.x;
  if (e < n) keys[e] = topk.line_of(order[e]);
}

template <class T>
__global__ void __launch_bounds__(kThreads)
    topk_write_kernel(TopK<T> topk, uint32_t n, const int64_t* order) {
  const uint32_t t = blockIdx.x * kThreads + threadIdx.x;
  if (t < n) topk.write(t, order);
}

namespace {

template <class T>
void take_best(const TopK<T>& topk, int64_t lines) {
  const auto n = static_cast<uint32_t>(lines * topk.length.divisor),
             outputs = static_cast<uint32_t>(lines * topk.k.divisor);
  const unsigned blocks = blocks_for(n, kThreads);
  const auto last_line = static_cast<uint64_t>(lines - 1);
  SortedKeys sorted(n);
  topk_keys_kernel<<<blocks, kThreads, 0, stream()>>>(topk, n, sorted.unsorted());
  check_launch("topk");
  sorted.sort(topk.largest_key(last_line));
  if (!TopK<T>::kWithLine && lines > 1) {
    topk_lines_kernel<<<blocks, kThreads, 0, stream()>>>(topk, n, sorted.order(), sorted.unsorted());
    check_launch("topk");
    sorted.sort_again(last_line);
  }
  topk_write_kernel<<<blocks_for(outputs, kThreads), kThreads, 0, stream()>>>(topk, outputs, sorted.order());
  check_launch("topk");
}

}  // namespace
}  // namespace cuda

using namespace cuda;

void CudaBackend::topk(View values, View indices, ConstView x, int axis, bool largest) {
  if (values.numel() == 0) return;
  const int64_t length = x.shape[axis], k = values.shape[axis];
  Shape kept = x.shape;
  kept[axis] = 1;
  if (length > kMostElements || kept.numel() > kMostElements)
    throw NotImplemented("cuda: topk along 2^31 elements or of 2^31 lines");
  const DeviceGuard guard(index_);
  const Offsets<3> lines(collapse<3>(kept, {&values.strides, &indices.strides, &x.strides}));
  visit_dtype(x.dtype, [&](auto zero) {
    using T = decltype(zero);
    TopK<T> topk{lines,
                 values.strides[axis],
                 indices.strides[axis],
                 x.strides[axis],
                 0,
                 Divider(static_cast<uint32_t>(length)),
                 Divider(static_cast<uint32_t>(k)),
                 values.as<T>(),
                 indices.as<int64_t>(),
                 x.as<T>(),
                 largest};
    const int64_t at_once = lines_per_sort(length);
    for (; topk.first_line < kept.numel(); topk.first_line += at_once)
      take_best(topk, std::min(at_once, kept.numel() - topk.first_line));
  });
}

}  // namespace infograd
