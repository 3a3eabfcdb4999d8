// Private: a strided loop over several operands, reduced to as few dimensions as their layouts allow.
#pragma once

#include <array>
#include <cstdint>

#include <infograd/core/shape.h>

namespace infograd {

/// K operands of one shape, as collapse() lays them out.
template <int K>
struct Loop {
  int rank = 1;  ///< at least 1
  int64_t numel = 1;
  std::array<int64_t, kMaxRank> extent{1};
  std::array<std::array<int64_t, kMaxRank>, K> stride{};

  int64_t inner_extent() const { return extent[static_cast<size_t>(rank - 1)]; }
  int64_t inner_stride(int k) const { return stride[static_cast<size_t>(k)][static_cast<size_t>(rank - 1)]; }
};

/// The order in which a loop visits elements.
enum class Order : uint8_t {
  memory,    ///< by the strides of operand 0, largest first
  row_major  ///< that of the shape, for what depends on the number of an element
};

/// Merges axes where every operand continues; so in memory order tensors that share any dense layout become
/// one contiguous axis.
template <int K>
Loop<K> collapse(const Shape& shape, const std::array<const Strides*, K>& strides,
                 Order order_of = Order::memory) {
  Loop<K> loop;
  std::array<int, kMaxRank> order{};
  int axes = 0;
  for (int i = 0; i < shape.rank(); ++i) {
    loop.numel *= shape[i];
    if (shape[i] != 1) order[static_cast<size_t>(axes++)] = i;
  }
  for (int i = 1; i < axes && order_of == Order::memory; ++i) {  // stable insertion sort: ranks are tiny
    const int axis = order[static_cast<size_t>(i)];
    int j = i;
    for (; j > 0 && (*strides[0])[order[static_cast<size_t>(j - 1)]] < (*strides[0])[axis]; --j)
      order[static_cast<size_t>(j)] = order[static_cast<size_t>(j - 1)];
    order[static_cast<size_t>(j)] = axis;
  }
  size_t last = 0;
  for (int i = 0; i < axes; ++i) {
    const int axis = order[static_cast<size_t>(i)];
    bool merge = i > 0;
    for (size_t k = 0; merge && k < K; ++k) merge = loop.stride[k][last] == (*strides[k])[axis] * shape[axis];
    if (i > 0 && !merge) ++last;
    loop.extent[last] = merge ? loop.extent[last] * shape[axis] : shape[axis];
    for (size_t k = 0; k < K; ++k) loop.stride[k][last] = (*strides[k])[axis];
  }
  loop.rank = static_cast<int>(last) + 1;
  return loop;
}

}  // namespace infograd
