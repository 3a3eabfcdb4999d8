// Private: softmax and its gradient of slices along one axis, in steps between which the lanes of a slice
// meet. Lanes, slices and blocks: slices.h.
#pragma once

#include <cmath>
#include <limits>

#include <infograd/backends/cuda/slices.h>
#include <infograd/backends/element.h>
#include <infograd/backends/scalar_ops.h>

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
  INFOGRAD_HD int place(int thread) const {
    return schedule.lane(thread) * schedule.per_block + schedule.slice(thread);
  }
  /// f(offset in each operand) for the elements of a lane.
  template <class F>
  INFOGRAD_HD void for_each(int64_t block, int thread, F&& f) const {
    const int64_t line = line_of(block, thread);
    if (line >= count) return;
    int64_t at[K];
    kept.at(static_cast<uint32_t>(line), at);
    for (int64_t i = schedule.lane(thread); i < length; i += schedule.lanes) {
      int64_t offset[K];
      for (int k = 0; k < K; ++k) offset[k] = at[k] + i * step[k];
      f(offset);
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

/// y = e^(x - m) / s, or x - m - log s. Two numbers per lane: the largest m first, then the sum s.
template <class T>
struct SoftmaxKernel {
  using C = typename Compute<T>::type;
  using Value = double;
  Lines<2> lines;  ///< out, x
  T* out;
  const T* x;
  bool log;

  INFOGRAD_HD Value largest(int64_t block, int thread) const {
    C m = -std::numeric_limits<C>::infinity();
    lines.for_each(block, thread,
                   [&](const int64_t* at) { m = scalar_math::Maximum::f(m, convert<C>(x[at[1]]), C(0)); });
    return m;
  }
  INFOGRAD_HD static Value larger(Value a, Value b) { return scalar_math::Maximum::f(a, b, 0.0); }

  /// All masked: -inf everywhere gives probability 0, not NaN.
  INFOGRAD_HD static bool masked(Value m) { return m == -std::numeric_limits<Value>::infinity(); }

  INFOGRAD_HD Value sum(int64_t block, int thread, Value m) const {
    Value s = 0;
    if (masked(m)) return s;
    lines.for_each(block, thread, [&](const int64_t* at) {
      s += static_cast<Value>(std::exp(convert<C>(x[at[1]]) - static_cast<C>(m)));
    });
    return s;
  }
  INFOGRAD_HD static Value add(Value a, Value b) { return a + b; }

  INFOGRAD_HD void write(int64_t block, int thread, Value m, Value s) const {
    const Value log_sum = std::log(s);
    const C scale = static_cast<C>(1 / s), shift = static_cast<C>(log_sum), center = static_cast<C>(m);
    lines.for_each(block, thread, [&](const int64_t* at) {
      const C above = convert<C>(x[at[1]]) - center;
      C y = log ? above - shift : std::exp(above) * scale;
      if (masked(m)) y = log ? center : C(0);
      out[at[0]] = convert<T>(y);
    });
  }
};

/// dx = y (dy - sum y dy); of log-softmax dx = dy - e^y sum dy. A masked slice, whose probabilities sum to 0,
/// gives 0.
template <class T>
struct SoftmaxGradKernel {
  using C = typename Compute<T>::type;
  struct Value {
    double sum, total;
  };
  Lines<3> lines;  ///< dx, dy, y
  T* dx;
  const T* dy;
  const T* y;
  bool log;

  INFOGRAD_HD Value sums(int64_t block, int thread) const {
    Value v{0, 0};
    lines.for_each(block, thread, [&](const int64_t* at) {
      const C g = convert<C>(dy[at[1]]), p = probability(at[2]);
      v.sum += log ? g : p * g;
      v.total += p;
    });
    return v;
  }
  INFOGRAD_HD static Value add(Value a, Value b) { return {a.sum + b.sum, a.total + b.total}; }

  INFOGRAD_HD void write(int64_t block, int thread, Value v) const {
    const C sum = static_cast<C>(v.sum);
    const bool masked = v.total == 0;
    lines.for_each(block, thread, [&](const int64_t* at) {
      const C g = convert<C>(dy[at[1]]), p = probability(at[2]);
      dx[at[0]] = convert<T>(masked ? C(0) : log ? g - p * sum : p * (g - sum));
    });
  }

 private:
  INFOGRAD_HD C probability(int64_t at) const {
    const C value = convert<C>(y[at]);
    return log ? std::exp(value) : value;
  }
};

}  // namespace infograd::cuda
