// Arrays of any layout with reproducible values, and comparison of what two backends make of them.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <infograd/core/philox.h>
#include <infograd/core/tensor.h>

#include "tests/backends/helpers.h"

namespace infograd::test {

/// How the axes lie in memory.
enum class Layout { row_major, transposed, padded, stepped, channels_last };

inline std::string to_string(Layout layout) {
  static const char* const names[] = {"row_major", "transposed", "padded", "stepped", "channels_last"};
  return names[static_cast<int>(layout)];
}

/// Strides of `shape`: last two axes swapped, rows 5 elements longer than needed, every third element, or
/// channels innermost.
inline Strides strides_of(const Shape& shape, Layout layout) {
  const int rank = shape.rank();
  Strides strides = contiguous_strides(shape);
  if (layout == Layout::transposed) {
    strides[rank - 2] = 1;
    strides[rank - 1] = shape[rank - 2];
  } else if (layout == Layout::padded && rank >= 2) {
    int64_t stride = shape[rank - 1] + 5;
    for (int axis = rank - 2; axis >= 0; --axis) strides[axis] = stride, stride *= shape[axis];
  } else if (layout == Layout::stepped) {
    for (int64_t& stride : strides) stride *= 3;
  } else if (layout == Layout::channels_last) {
    const Shape swapped{shape[0], shape[2], shape[3], shape[1]};
    const Strides s = contiguous_strides(swapped);
    strides = {s[0], s[3], s[1], s[2]};
  }
  return strides;
}

/// Memory of a view, and the view.
struct Array {
  std::vector<std::byte> bytes;
  View view;

  Array() = default;
  Array(const Shape& shape, DType dtype, Layout layout = Layout::row_major)
      : Array(shape, dtype, strides_of(shape, layout)) {}
  Array(const Shape& shape, DType dtype, const Strides& strides) {
    int64_t span = 1;
    for (int axis = 0; axis < shape.rank(); ++axis)
      span += std::max<int64_t>(shape[axis] - 1, 0) * strides[axis];
    bytes.resize(static_cast<size_t>(span) * item_size(dtype));
    view = View(bytes.data(), dtype, shape, strides);
  }
  Array(const Array& other) : bytes(other.bytes), view(other.view) { view.data = bytes.data(); }
  Array& operator=(const Array&) = delete;

  /// Every element of memory, gaps included, from [low, high).
  Array& fill(uint64_t seed, double low = -1, double high = 1) {
    const auto count = static_cast<int64_t>(bytes.size() / item_size(view.dtype));
    for (int64_t i = 0; i < count; ++i) {
      const auto bits = philox_block({seed, 0, 0}, static_cast<uint64_t>(i))[0];
      const double value = low + (high - low) * static_cast<double>(to_unit_float(bits));
      if (view.dtype == DType::f32) view.as<float>()[i] = static_cast<float>(value);
      if (view.dtype == DType::f64) view.as<double>()[i] = value;
      if (view.dtype == DType::bf16) view.as<bfloat16>()[i] = bfloat16(static_cast<float>(value));
    }
    return *this;
  }
};

/// All elements in row-major order, as double.
inline std::vector<double> values(const ConstView& v) {
  const auto n = static_cast<size_t>(v.numel());
  std::vector<double> out(n);
  for (size_t i = 0; i < n; ++i) {
    int64_t rest = static_cast<int64_t>(i), offset = 0;
    for (int axis = v.rank() - 1; axis >= 0; --axis) {
      offset += rest % v.shape[axis] * v.strides[axis];
      rest /= v.shape[axis];
    }
    switch (v.dtype) {
      case DType::f32:
        out[i] = static_cast<double>(v.as<float>()[offset]);
        break;
      case DType::f64:
        out[i] = v.as<double>()[offset];
        break;
      case DType::bf16:
        out[i] = static_cast<double>(static_cast<float>(v.as<bfloat16>()[offset]));
        break;
      case DType::i64:
        out[i] = static_cast<double>(v.as<int64_t>()[offset]);
        break;
      default:
        out[i] = v.as<uint8_t>()[offset];
        break;
    }
  }
  return out;
}

/// |got - want| <= tolerance * (scale of the sums behind each element, `terms` numbers below 1) + one
/// rounding of the dtype.
inline void expect_close(const ConstView& got, const ConstView& want, double terms, const std::string& what) {
  const double epsilon = want.dtype == DType::f64 ? 1e-15 : 1.2e-7;
  const double rounding = want.dtype == DType::bf16 ? 0x1p-7 : 0.0;
  const auto a = values(got), b = values(want);
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) {
    const double tolerance = 4 * epsilon * (terms + std::fabs(b[i])) + rounding * std::fabs(b[i]);
    ASSERT_NEAR(a[i], b[i], tolerance) << what << " at element " << i;
  }
}

}  // namespace infograd::test
