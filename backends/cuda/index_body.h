// Private: what one thread of the indexing kernels does.
#pragma once

#include <cstdint>

#include <infograd/backends/cuda/indexing.h>
#include <infograd/backends/cuda/launch.h>
#include <infograd/backends/element.h>
#include <infograd/backends/integer_ops.h>

namespace infograd::cuda {

/// out[o] = x[i + index[j] * step] for element number `element`; operands out, x without the axis, index.
template <class T>
INFOGRAD_HD void take_element(uint32_t element, const Offsets<3>& offsets, int64_t step, T* out, const T* x,
                              const int64_t* index) {
  int64_t at[3];
  offsets.at(element, at);
  out[at[0]] = x[at[1] + index[at[2]] * step];
}

/// Adds the elements of src that share a target. Keys are sorted; `order` says which position along the axis
/// (index_add) or which element of src (scatter_add) a key came from, in increasing order among equals.
template <class T>
struct SegmentAdd {
  using Acc = std::conditional_t<is_floating_v<T>, double, int64_t>;
  T* out;
  const T* src;
  const int64_t* keys;
  const int64_t* order;
  int64_t count;              ///< keys
  Offsets<2> beside;          ///< index_add: the other axes in out and src; scatter_add: one element
  Offsets<1> out_at, src_at;  ///< where a key lies in out, and a position in src

  /// Thread (entry, other): the first of its equals adds all of them, in order, to element `other` of the
  /// rest.
  INFOGRAD_HD void run(int64_t entry, uint32_t other) const {
    const int64_t key = keys[entry];
    if (entry > 0 && keys[entry - 1] == key) return;
    int64_t at[2], target[1], source[1];
    beside.at(other, at);
    out_at.at(static_cast<uint32_t>(key), target);
    T& sum = out[at[0] + target[0]];
    Acc acc = convert<Acc>(sum);
    for (int64_t i = entry; i < count && keys[i] == key; ++i) {
      src_at.at(static_cast<uint32_t>(order[i]), source);
      const Acc value = convert<Acc>(src[at[1] + source[0]]);
      if constexpr (is_floating_v<T>)
        acc += value;
      else
        acc = integer_ops::wrapping_add(acc, value);
    }
    sum = convert<T>(acc);
  }
};

/// The target of an element of src in scatter_add, as its row-major number in out. Operands: row-major number
/// without the axis, index.
INFOGRAD_HD inline int64_t scatter_key(uint32_t element, const Offsets<2>& offsets, int64_t axis_step,
                                       const int64_t* index) {
  int64_t at[2];
  offsets.at(element, at);
  return at[0] + index[at[1]] * axis_step;
}

}  // namespace infograd::cuda
