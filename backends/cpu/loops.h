// Private: runs of strided loops over several operands, and the threads that walk them.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include <infograd/backends/element.h>
#include <infograd/backends/loop.h>
#include <infograd/core/parallel.h>

namespace infograd {

/// Calls f(offsets, n) for the runs along the innermost axis that make up elements [begin, end).
template <int K, class F>
void for_each_run(const Loop<K>& loop, int64_t begin, int64_t end, F&& f) {
  std::array<int64_t, kMaxRank> index{};
  std::array<int64_t, K> offset{};
  const auto inner = static_cast<size_t>(loop.rank - 1);
  int64_t rest = begin;
  for (size_t axis = inner + 1; axis-- > 0;) {
    index[axis] = rest % loop.extent[axis];
    rest /= loop.extent[axis];
    for (size_t k = 0; k < K; ++k) offset[k] += index[axis] * loop.stride[k][axis];
  }
  while (begin < end) {
    const int64_t n = std::min(loop.extent[inner] - index[inner], end - begin);
    f(offset, n);
    begin += n;
    if (begin == end) return;
    for (size_t k = 0; k < K; ++k) offset[k] -= index[inner] * loop.stride[k][inner];
    index[inner] = 0;
    for (size_t axis = inner; axis-- > 0;) {  // odometer
      for (size_t k = 0; k < K; ++k) offset[k] += loop.stride[k][axis];
      if (++index[axis] < loop.extent[axis]) break;
      for (size_t k = 0; k < K; ++k) offset[k] -= loop.extent[axis] * loop.stride[k][axis];
      index[axis] = 0;
    }
  }
}

/// The same over all elements, by several threads when there are enough.
template <int K, class F>
void parallel_runs(const Loop<K>& loop, F&& f, int64_t grain = kParallelGrain) {
  parallel_for(loop.numel, grain, [&](int64_t begin, int64_t end) { for_each_run(loop, begin, end, f); });
}

/// Row-major, for the quick test of small calls.
inline bool row_major(const Shape& shape, const Strides& strides) {
  int64_t expected = 1;
  for (int i = shape.rank() - 1; i >= 0; --i) {
    if (strides[i] != expected && shape[i] != 1) return false;
    expected *= shape[i];
  }
  return true;
}

/// Which operand of a binary kernel is one repeated value.
enum class Repeats : uint8_t { none, left, right };

/// Elements per stack buffer when a kernel needs unit strides or another type.
inline constexpr int64_t kBlock = 512;

template <class C, class T>
void load_block(C* block, const T* x, int64_t stride, int64_t n) {
  for (int64_t i = 0; i < n; ++i) block[i] = static_cast<C>(x[i * stride]);
}
template <class C, class T>
void store_block(T* x, int64_t stride, const C* block, int64_t n) {
  for (int64_t i = 0; i < n; ++i) x[i * stride] = static_cast<T>(block[i]);
}

}  // namespace infograd
