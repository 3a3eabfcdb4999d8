// Private: from the number of an element to its offset in each operand, with multiplications for divisions.
#pragma once

#include <cstdint>

#include <infograd/backends/host_device.h>
#include <infograd/backends/loop.h>

namespace infograd::cuda {

/// Division of numbers below 2^31 by a constant below 2^31 (Granlund and Montgomery 1994): with
/// s = ceil(log2 d) and m = floor(2^32 (2^s - d) / d) + 1, n / d = (high word of m n + n) >> s.
struct Divider {
  uint32_t divisor = 1, multiplier = 1, shift = 0;

  Divider() = default;
  explicit constexpr Divider(uint32_t d) : divisor(d) {
    if (d == 0) divisor = d = 1;  // an empty axis: nothing will be divided
    while (shift < 31 && (1U << shift) < d) ++shift;
    multiplier = static_cast<uint32_t>((((uint64_t{1} << shift) - d) << 32U) / d + 1);
  }
  INFOGRAD_HD constexpr uint32_t divide(uint32_t n) const {
    const auto high = static_cast<uint32_t>((uint64_t{n} * multiplier) >> 32U);
    return (high + n) >> shift;
  }
};

/// Offsets of K operands in a collapsed loop of less than 2^31 elements. Passed to kernels by value.
template <int K>
struct Offsets {
  int rank = 1;
  Divider extent[kMaxRank];
  int64_t stride[K][kMaxRank] = {};

  Offsets() = default;
  explicit Offsets(const Loop<K>& loop) : rank(loop.rank) {
    for (int axis = 0; axis < rank; ++axis) {
      extent[axis] = Divider(static_cast<uint32_t>(loop.extent[static_cast<size_t>(axis)]));
      for (int k = 0; k < K; ++k)
        stride[k][axis] = loop.stride[static_cast<size_t>(k)][static_cast<size_t>(axis)];
    }
  }

  /// offset[k] = where element i of operand k lies.
  INFOGRAD_HD void at(uint32_t i, int64_t (&offset)[K]) const {
    for (int k = 0; k < K; ++k) offset[k] = 0;
#if defined(__CUDA_ARCH__)
#pragma unroll
#endif
    for (int axis = kMaxRank - 1; axis > 0; --axis) {
      if (axis >= rank) continue;
      const uint32_t quotient = extent[axis].divide(i);
      const uint32_t rest = i - quotient * extent[axis].divisor;
      for (int k = 0; k < K; ++k) offset[k] += rest * stride[k][axis];
      i = quotient;
    }
    for (int k = 0; k < K; ++k) offset[k] += i * stride[k][0];
  }
};

/// Elements that one launch can number.
inline constexpr int64_t kMostElements = (int64_t{1} << 31U) - 1;

/// f(loop, first offset of each operand) for parts of `loop` that hold at most `most` elements; nothing if it
/// is empty.
template <int K, class F>
void for_each_part(const Loop<K>& loop, F&& f, int64_t most = kMostElements,
                   std::array<int64_t, K> first = {}) {
  if (loop.numel == 0) return;
  if (loop.numel <= most) {
    f(loop, first);
    return;
  }
  size_t axis = 0;  // the first one that can be halved; the others before it have extent 1
  while (loop.extent[axis] == 1) ++axis;
  Loop<K> half = loop;
  const int64_t rest = loop.numel / loop.extent[axis], cut = loop.extent[axis] / 2;
  half.extent[axis] = cut;
  half.numel = rest * cut;
  for_each_part<K>(half, f, most, first);
  half.extent[axis] = loop.extent[axis] - cut;
  half.numel = rest * half.extent[axis];
  for (size_t k = 0; k < K; ++k) first[k] += cut * loop.stride[k][axis];
  for_each_part<K>(half, f, most, first);
}

}  // namespace infograd::cuda
