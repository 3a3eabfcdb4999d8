// Private: kernels whose lanes walk the lines along one axis several times and meet in between.
#pragma once

#include <infograd/backends/cuda/slices.h>

namespace infograd::cuda {

/// Where a block's slices lie in K operands, and the steps along the axis.
template <int K>
struct Lines {
  Offsets<K> kept;
  int64_t step[K];
  SliceSchedule schedule;
  int64_t count, length;

  INFOGRAD_HD int64_t line_of(int64_t block, int thread) const {
    return block * schedule.per_block + schedule.slice(thread);
  }
  INFOGRAD_HD int place(int thread) const { return schedule.place(thread); }
  /// f(offset in each operand, number along the line) for the elements of a lane.
  template <class F>
  INFOGRAD_HD void for_each(int64_t block, int thread, F&& f) const {
    const int64_t line = line_of(block, thread);
    if (line >= count) return;
    int64_t at[K];
    kept.at(static_cast<uint32_t>(line), at);
    for (int64_t i = schedule.lane(thread); i < length; i += schedule.lanes) {
      int64_t offset[K];
      for (int k = 0; k < K; ++k) offset[k] = at[k] + i * step[k];
      f(offset, i);
    }
  }
  /// The same, f with what `read(offsets, number)` gave: a few elements are read before f sees the first, so
  /// that loads wait neither for each other nor for what f stores. Past the end the first stands in.
  template <class Read, class F>
  INFOGRAD_HD void for_each(int64_t block, int thread, Read&& read, F&& f) const {
    constexpr int kAtOnce = 4;
    const int64_t line = line_of(block, thread);
    if (line >= count) return;
    int64_t at[K];
    kept.at(static_cast<uint32_t>(line), at);
    const int64_t lanes = schedule.lanes;
    for (int64_t i = schedule.lane(thread); i < length; i += kAtOnce * lanes) {
      int64_t offset[kAtOnce][K];
      decltype(read(at, i)) values[kAtOnce];
      for (int j = 0; j < kAtOnce; ++j) {
        const int64_t number = i + j * lanes < length ? i + j * lanes : i;
        for (int k = 0; k < K; ++k) offset[j][k] = at[k] + number * step[k];
        values[j] = read(offset[j], number);
      }
      for (int j = 0; j < kAtOnce; ++j)
        if (i + j * lanes < length) f(offset[j], i + j * lanes, values[j]);
    }
  }
};

/// The lines of `shape` along `axis`. Operands in the order of `strides`; threads follow the layout of the
/// last one, which is read.
template <int K>
Lines<K> lines_along(const Shape& shape, const std::array<const Strides*, K>& strides, int axis) {
  Shape kept = shape, line(Dims::filled(shape.rank(), 1));
  line[axis] = shape[axis];
  kept[axis] = 1;
  const Loop<K> loop = collapse<K>(kept, strides);
  Slices slices;
  slices.reduced = collapse<1>(line, {strides[K - 1]});
  slices.kept.numel = loop.numel;
  slices.kept.rank = loop.rank;
  slices.kept.extent = loop.extent;
  slices.kept.stride[0] = loop.stride[K - 1];
  Lines<K> lines{Offsets<K>(loop), {}, schedule_slices(slices, false), loop.numel, shape[axis]};
  for (int k = 0; k < K; ++k) lines.step[k] = (*strides[static_cast<size_t>(k)])[axis];
  return lines;
}

}  // namespace infograd::cuda
