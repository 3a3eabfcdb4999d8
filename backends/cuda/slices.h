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
  int lanes = 1;             ///< threads per slice, 2^lane_bits
  int per_block = kThreads;  ///< slices per block; lanes * per_block = kThreads
  int lane_bits = 0;
  bool lanes_first =
      true;           ///< neighbouring threads are lanes of one slice, else lanes of neighbouring slices
  int64_t chunk = 0;  ///< elements of a slice per block
  int chunks = 1;     ///< blocks that share a slice

  // By shifts: a division costs a GPU as much as twenty additions.
  INFOGRAD_HD int lane(int thread) const {
    return lanes_first ? thread & (lanes - 1) : thread >> (kThreadBits - lane_bits);
  }
  INFOGRAD_HD int slice(int thread) const {
    return lanes_first ? thread >> lane_bits : thread & (per_block - 1);
  }
  /// Where a thread keeps its value: those of one lane number are neighbours.
  INFOGRAD_HD int place(int thread) const {
    return (lane(thread) << (kThreadBits - lane_bits)) + slice(thread);
  }
};

/// Neighbouring threads read neighbouring elements; a lane walks a few elements at least, and a stretch where
/// slices fill a large device all the same; slices that are too few to fill it are cut into chunks when
/// `may_cut`.
inline SliceSchedule schedule_slices(const Slices& slices, bool may_cut) {
  constexpr int64_t kFewPerLane = 4, kPerLane = 16, kEnoughBlocks = 1024;
  const int64_t count = slices.kept.numel, length = std::max<int64_t>(1, slices.reduced.numel);
  const int64_t shorter = std::min<int64_t>(length, 1 << 20);  // the same lanes, and in the range of int
  SliceSchedule s;
  s.lanes_first = count == 1 || slices.reduced.inner_extent() == 1 ||
                  slices.reduced.inner_stride(0) <= slices.kept.inner_stride(0);
  if (s.lanes_first) {
    const auto lanes_for = [&](int64_t per_lane) {
      return std::min(kThreads, ceil_power_of_two(ceil_div(shorter, per_lane)));
    };
    s.lanes = lanes_for(kPerLane);
    if (ceil_div(count, kThreads / s.lanes) < kEnoughBlocks) s.lanes = lanes_for(kFewPerLane);
  } else {
    const int neighbours = std::min(32, ceil_power_of_two(std::min<int64_t>(count, 32)));
    s.lanes = std::min(kThreads / neighbours, ceil_power_of_two(ceil_div(shorter, kPerLane)));
  }
  s.per_block = kThreads / s.lanes;
  while (1 << s.lane_bits < s.lanes) ++s.lane_bits;
  s.chunk = length;
  const int64_t blocks = ceil_div(count, s.per_block);
  if (may_cut && blocks < kEnoughBlocks) {
    const int64_t wanted = std::min(kEnoughBlocks / blocks, ceil_div(length, int64_t{s.lanes} * kPerLane));
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
  static constexpr int kStretch = 16, kAtOnce = 8, kFew = 4;

  Policy policy;
  const T* x;
  Out* out;
  Acc* partials;  ///< [chunks, count] when slices are cut, else null
  Offsets<2> kept;
  SliceOffsets reduced;
  SliceSchedule schedule;
  int64_t count, length;

  INFOGRAD_HD int64_t groups() const {
    return (count + schedule.per_block - 1) >> (kThreadBits - schedule.lane_bits);
  }
  INFOGRAD_HD int64_t chunk_of(int64_t block) const { return schedule.chunks > 1 ? block / groups() : 0; }
  INFOGRAD_HD int64_t slice_of(int64_t block, int thread) const {
    return (block - chunk_of(block) * groups()) * schedule.per_block + schedule.slice(thread);
  }
  INFOGRAD_HD int place(int thread) const { return schedule.place(thread); }

  INFOGRAD_HD Acc lane_value(int64_t block, int thread) const {
    const int64_t slice = slice_of(block, thread);
    if (slice >= count) return policy.start();
    int64_t at[2];
    kept.at(static_cast<uint32_t>(slice), at);
    const int64_t begin = chunk_of(block) * schedule.chunk;
    const int64_t end = begin + schedule.chunk < length ? begin + schedule.chunk : length;
    const auto context = policy.context(slice);
    const T* const first = x + at[0];
    const int64_t r = begin + schedule.lane(thread);
    if (reduced.offsets.rank > 1)
      return walk(r, end, context, [&](int64_t i) { return first[reduced.at(i)]; });
    const int64_t stride = reduced.offsets.stride[0][0];
    return walk(r, end, context, [&](int64_t i) { return first[i * stride]; });
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
      partials[chunk_of(block) * count + slice] = values[place(thread)];
      return;
    }
    int64_t at[2];
    kept.at(static_cast<uint32_t>(slice), at);
    out[at[1]] = policy.finish(values[place(thread)], slice);
  }

 private:
  /// Elements r, r + lanes, .. below end. Of a whole stretch, some are read before the first is added, so
  /// that no load waits for another.
  template <class Context, class Read>
  INFOGRAD_HD Acc walk(int64_t r, int64_t end, const Context& context, const Read& read) const {
    const int64_t step = schedule.lanes;
    Acc acc = policy.start();
    while (r < end) {
      auto part = policy.begin();
      if (r + (kStretch - 1) * step < end) {
        for (int done = 0; done < kStretch; done += kAtOnce, r += kAtOnce * step) {
          T values[kAtOnce];
          for (int j = 0; j < kAtOnce; ++j) values[j] = read(r + j * step);
          for (int j = 0; j < kAtOnce; ++j) policy.add(part, values[j], r + j * step, context);
        }
      } else {
        for (int done = 0; done < kStretch && r < end;
             done += kFew, r += kFew * step) {  // past the end r stands in
          T values[kFew];
          for (int j = 0; j < kFew; ++j) values[j] = read(r + j * step < end ? r + j * step : r);
          for (int j = 0; j < kFew; ++j)
            if (r + j * step < end) policy.add(part, values[j], r + j * step, context);
        }
      }
      acc = policy.combine(acc, policy.widen(part));
    }
    return acc;
  }
};

}  // namespace infograd::cuda
