// Private: reductions as slices. Every output stands for a slice of x; the lanes that share a slice each walk
// their part of it and are then combined in a tree. Who adds what to what depends on extents and strides
// only, never on the device: results are the same bits everywhere.
#pragma once

#include <algorithm>

#include <infograd/backends/cuda/indexing.h>
#include <infograd/backends/cuda/launch.h>
#include <infograd/backends/view.h>

namespace infograd::cuda {

/// x seen as slices.
struct Slices {
  Loop<2> kept;     ///< one element per slice; operands x and out
  Loop<1> reduced;  ///< the elements of a slice, in x

  /// `out` has the rank of x and extent 1 on the reduced axes.
  static Slices of(const Shape& shape, const Strides& x, const Shape& out_shape, const Strides& out) {
    Shape slice = shape;
    for (int axis = 0; axis < shape.rank(); ++axis)
      if (out_shape[axis] == shape[axis]) slice[axis] = 1;
    return {collapse<2>(out_shape, {&x, &out}), collapse<1>(slice, {&x})};
  }
};

/// Slices of `rows` partial results that lie [rows, count], with the outputs of `slices`.
inline Slices slices_of_partials(const Slices& slices, int64_t rows) {
  Slices result;
  result.kept = slices.kept;
  int64_t stride = 1;  // partials lie by the number of their slice
  for (size_t axis = static_cast<size_t>(slices.kept.rank); axis-- > 0;) {
    result.kept.stride[0][axis] = stride;
    stride *= slices.kept.extent[axis];
  }
  result.reduced.numel = result.reduced.extent[0] = rows;
  result.reduced.stride[0][0] = slices.kept.numel;
  return result;
}

/// How a block of kThreads threads shares its slices, and how many blocks share a slice.
struct SliceSchedule {
  int lanes = 1;             ///< threads per slice, a power of two
  int per_block = kThreads;  ///< slices per block; lanes * per_block = kThreads
  bool lanes_first =
      true;           ///< neighbouring threads are lanes of one slice, else lanes of neighbouring slices
  int64_t chunk = 0;  ///< elements of a slice per block
  int chunks = 1;     ///< blocks that share a slice

  INFOGRAD_HD int lane(int thread) const { return lanes_first ? thread % lanes : thread / per_block; }
  INFOGRAD_HD int slice(int thread) const { return lanes_first ? thread / lanes : thread % per_block; }
};

/// Neighbouring threads read neighbouring elements; a lane walks a few elements at least; slices that are too
/// few to fill a large device are cut into chunks when `may_cut`.
inline SliceSchedule schedule_slices(const Slices& slices, bool may_cut) {
  constexpr int64_t kPerLane = 4, kPerLaneAcross = 16, kEnoughBlocks = 1024;
  const int64_t count = slices.kept.numel, length = std::max<int64_t>(1, slices.reduced.numel);
  SliceSchedule s;
  s.lanes_first = count == 1 || slices.reduced.inner_extent() == 1 ||
                  slices.reduced.inner_stride(0) <= slices.kept.inner_stride(0);
  if (s.lanes_first) {
    s.lanes = std::min(kThreads, ceil_power_of_two(ceil_div(length, kPerLane)));
  } else {
    const int neighbours = std::min(32, ceil_power_of_two(std::min<int64_t>(count, 32)));
    s.lanes = std::min(kThreads / neighbours,
                       ceil_power_of_two(ceil_div(std::min<int64_t>(length, 1 << 20), kPerLaneAcross)));
  }
  s.per_block = kThreads / s.lanes;
  s.chunk = length;
  const int64_t blocks = ceil_div(count, s.per_block);
  if (may_cut && blocks < kEnoughBlocks) {
    const int64_t wanted =
        std::min(kEnoughBlocks / blocks, ceil_div(length, int64_t{s.lanes} * kPerLaneAcross));
    s.chunk = ceil_div(length, std::max<int64_t>(1, wanted));
    s.chunks = static_cast<int>(ceil_div(length, s.chunk));
  }
  return s;
}

/// Element r of a slice. A slice along one axis may be of any length, others have less than 2^31 elements.
struct SliceOffsets {
  Offsets<1> offsets;
  explicit SliceOffsets(const Loop<1>& reduced) : offsets(reduced) {}
  INFOGRAD_HD int64_t at(int64_t r) const {
    if (offsets.rank == 1) return r * offsets.stride[0][0];
    int64_t offset[1];
    offsets.at(static_cast<uint32_t>(r), offset);
    return offset[0];
  }
};

/// The body of a reduction kernel. `Policy` says what is accumulated:
///   Acc, Part          of a tree, and of a short stretch of one lane
///   start(slice), begin()      their first values
///   add(Part&, T value, int64_t r, Context)     one element
///   combine(Acc, Acc), widen(Part)
///   finish(Acc, slice) -> Out
/// A kernel runs lane_value in every thread, tree_step for halves of the lanes, then write.
template <class Policy, class T, class Out>
struct SliceKernel {
  using Acc = typename Policy::Acc;
  static constexpr int kStretch = 16;

  Policy policy;
  const T* x;
  Out* out;
  Acc* partials;  ///< [chunks, count] when slices are cut, else null
  Offsets<2> kept;
  SliceOffsets reduced;
  SliceSchedule schedule;
  int64_t count, length;

  INFOGRAD_HD int64_t groups() const { return ceil_div(count, schedule.per_block); }
  INFOGRAD_HD int64_t slice_of(int64_t block, int thread) const {
    return block % groups() * schedule.per_block + schedule.slice(thread);
  }
  /// Where a thread keeps its value: those of one lane number are neighbours.
  INFOGRAD_HD int place(int thread) const {
    return schedule.lane(thread) * schedule.per_block + schedule.slice(thread);
  }

  INFOGRAD_HD Acc lane_value(int64_t block, int thread) const {
    const int64_t slice = slice_of(block, thread);
    Acc acc = policy.start();
    if (slice >= count) return acc;
    int64_t at[2];
    kept.at(static_cast<uint32_t>(slice), at);
    const int64_t begin = block / groups() * schedule.chunk;
    const int64_t end = begin + schedule.chunk < length ? begin + schedule.chunk : length;
    const auto context = policy.context(slice);
    int64_t r = begin + schedule.lane(thread);
    while (r < end) {
      auto part = policy.begin();
      for (int j = 0; j < kStretch && r < end; ++j, r += schedule.lanes)
        policy.add(part, x[at[0] + reduced.at(r)], r, context);
      acc = policy.combine(acc, policy.widen(part));
    }
    return acc;
  }

  /// Lanes below `half` take over the value of the lane that far above.
  INFOGRAD_HD void tree_step(Acc* values, int thread, int half) const {
    if (schedule.lane(thread) < half)
      values[place(thread)] =
          policy.combine(values[place(thread)], values[place(thread) + half * schedule.per_block]);
  }

  INFOGRAD_HD void write(const Acc* values, int64_t block, int thread) const {
    const int64_t slice = slice_of(block, thread);
    if (schedule.lane(thread) != 0 || slice >= count) return;
    if (partials != nullptr) {
      partials[block / groups() * count + slice] = values[place(thread)];
      return;
    }
    int64_t at[2];
    kept.at(static_cast<uint32_t>(slice), at);
    out[at[1]] = policy.finish(values[place(thread)], slice);
  }
};

}  // namespace infograd::cuda
