// Private: running sums along one axis: a thread per line, or a block per line where lines are few and long.
#pragma once

#include <infograd/backends/cuda/indexing.h>
#include <infograd/backends/cuda/launch.h>
#include <infograd/backends/element.h>
#include <infograd/backends/integer_ops.h>

namespace infograd::cuda {

template <class T>
struct ScanKernel {
  using Acc = std::conditional_t<is_floating_v<T>, double, int64_t>;
  Offsets<2> kept;  ///< out, x
  int64_t out_step, x_step, count, length;
  T* out;
  const T* x;
  bool exclusive, reverse;

  INFOGRAD_HD static Acc add(Acc a, Acc b) {
    if constexpr (is_floating_v<T>)
      return a + b;
    else
      return integer_ops::wrapping_add(a, b);
  }
  /// Element number `i` in the order of the sum.
  INFOGRAD_HD int64_t position(int64_t i) const { return reverse ? length - 1 - i : i; }
  INFOGRAD_HD Acc read(const int64_t* at, int64_t i) const {
    return convert<Acc>(x[at[1] + position(i) * x_step]);
  }
  INFOGRAD_HD void write(const int64_t* at, int64_t i, Acc sum) const {
    out[at[0] + position(i) * out_step] = convert<T>(sum);
  }

  INFOGRAD_HD void whole_line(int64_t line) const {
    if (line >= count) return;
    int64_t at[2];
    kept.at(static_cast<uint32_t>(line), at);
    Acc sum = 0;
    for (int64_t i = 0; i < length; ++i) {
      const Acc before = sum;
      sum = add(sum, read(at, i));
      write(at, i, exclusive ? before : sum);
    }
  }

  // Tiles of kThreads elements, one after the other (Hillis and Steele 1986): `values` becomes the running
  // sums of the tile in steps of 1, 2, 4, ..; each step reads, then all threads meet, then it writes.
  INFOGRAD_HD Acc load(const int64_t* at, int64_t tile, int thread) const {
    const int64_t i = tile * kThreads + thread;
    return i < length ? read(at, i) : Acc(0);
  }
  INFOGRAD_HD static Acc step(const Acc* values, int thread, int distance) {
    return thread >= distance ? add(values[thread - distance], values[thread]) : values[thread];
  }
  INFOGRAD_HD void store(const int64_t* at, int64_t tile, int thread, const Acc* values, Acc carry) const {
    const int64_t i = tile * kThreads + thread;
    if (i >= length) return;
    const Acc before = thread == 0 ? carry : add(carry, values[thread - 1]);
    write(at, i, exclusive ? before : add(carry, values[thread]));
  }
};

/// Whether a block walks each line, from sizes alone.
constexpr bool scans_by_block(int64_t lines, int64_t length) {
  return lines < 4096 && length > 64;
}

}  // namespace infograd::cuda
