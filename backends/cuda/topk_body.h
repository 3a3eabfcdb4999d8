// Private: the k largest of lines by sorting keys: numbers as unsigned integers of the same order, below the
// number of their line.
#pragma once

#include <bit>
#include <cstdint>

#include <infograd/backends/cuda/indexing.h>
#include <infograd/backends/element.h>

namespace infograd::cuda {

template <class Bits>
INFOGRAD_HD Bits sortable_bits(Bits bits) {
  constexpr Bits kSign = Bits{1} << (8 * sizeof(Bits) - 1);
  return (bits & kSign) != 0 ? ~bits : bits | kSign;
}

/// Unsigned, of the same order as x: -0 equals 0, a NaN is above all numbers and equals others.
template <class T>
INFOGRAD_HD uint64_t sortable(T x) {
  if constexpr (std::is_same_v<T, double>) {
    return x != x ? ~uint64_t{0} : sortable_bits(std::bit_cast<uint64_t>(x == 0 ? 0.0 : x));
  } else if constexpr (is_floating_v<T>) {
    const auto value = convert<float>(x);
    return value != value ? ~uint32_t{0} : sortable_bits(std::bit_cast<uint32_t>(value == 0 ? 0.F : value));
  } else if constexpr (std::is_same_v<T, int64_t>) {
    return static_cast<uint64_t>(x) ^ (uint64_t{1} << 63U);
  } else {
    return static_cast<uint64_t>(x);
  }
}
template <class T>
inline constexpr int kSortableBits = std::is_same_v<T, double> || std::is_same_v<T, int64_t> ? 64
                                     : is_floating_v<T>                                      ? 32
                                                                                             : 8;

/// Some lines of x, and where their k first go.
template <class T>
struct TopK {
  Offsets<3> lines;  ///< values, indices, x, without the axis
  int64_t values_step, indices_step, x_step;
  int64_t first_line;
  Divider length, k;
  T* values;
  int64_t* indices;
  const T* x;
  bool largest;

  /// Whether a key has room for the number of its line.
  static constexpr bool kWithLine = kSortableBits<T> <= 32;

  static constexpr uint64_t kMask = ~uint64_t{0} >> (64 - kSortableBits<T>);
  static uint64_t largest_key(uint64_t last_line) {
    if constexpr (kWithLine) return last_line << kSortableBits<T> | kMask;
    return kMask;
  }
  /// Of element e of the lines, counted through.
  INFOGRAD_HD int64_t key(uint32_t e) const {
    const uint32_t line = length.divide(e), i = e - line * length.divisor;
    uint64_t key = sortable(x[at(line, 2) + i * x_step]);
    if (largest) key = ~key & kMask;
    if constexpr (kWithLine) key |= uint64_t{line} << kSortableBits<T>;
    return static_cast<int64_t>(key);
  }
  INFOGRAD_HD int64_t line_of(int64_t e) const { return length.divide(static_cast<uint32_t>(e)); }

  /// Output t of lines * k from the elements in the order of (line, key).
  INFOGRAD_HD void write(uint32_t t, const int64_t* order) const {
    const uint32_t line = k.divide(t), rank = t - line * k.divisor;
    const int64_t begin = int64_t{line} * length.divisor, i = order[begin + rank] - begin;
    values[at(line, 0) + rank * values_step] = x[at(line, 2) + i * x_step];
    indices[at(line, 1) + rank * indices_step] = i;
  }

 private:
  INFOGRAD_HD int64_t at(uint32_t line, int operand) const {
    int64_t offset[3];
    lines.at(static_cast<uint32_t>(first_line + line), offset);
    return offset[operand];
  }
};

/// Lines that are sorted at once: what a sort keeps is four times as large as its keys of 8 bytes.
inline int64_t lines_per_sort(int64_t length) {
  return std::max<int64_t>(1, (int64_t{1} << 24U) / length);
}

}  // namespace infograd::cuda
