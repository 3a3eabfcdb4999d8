// Private: what libraries of matrix products can walk, and batches made as simple as their strides allow.
#pragma once

#include <cstdint>
#include <optional>

#include <infograd/backends/view.h>

namespace infograd {

/// The last two axes of an operand: row-major, or transposed, with `ld` elements between rows (columns).
struct Matrix {
  void* data = nullptr;
  int64_t ld = 1;
  bool transposed = false;
};

/// Rows must not overlap and one of the two axes must be dense; every library needs that much.
inline std::optional<Matrix> matrix_of(const ConstView& v) {
  const int r = v.rank() - 2;
  const int64_t rows = v.shape[r], cols = v.shape[r + 1], row = v.strides[r], col = v.strides[r + 1];
  void* data = const_cast<void*>(v.data);
  if ((cols == 1 || col == 1) && (rows == 1 || row >= cols))
    return Matrix{data, rows == 1 ? cols : row, false};
  if ((rows == 1 || row == 1) && (cols == 1 || col >= rows))
    return Matrix{data, cols == 1 ? rows : col, true};
  return std::nullopt;
}

/// True when axis and axis + 1 of `v` are one axis of evenly spaced matrices.
inline bool mergeable(const ConstView& v, int axis) {
  return v.strides[axis] == v.strides[axis + 1] * v.shape[axis + 1];
}

inline void erase_axis(Shape& shape, Strides& strides, int axis) {
  shape.erase(axis);
  strides.erase(axis);
}

/// Drops batch axes of extent 1 and merges those that all three operands allow: most batches become one axis.
inline void collapse_batch(View& out, ConstView& a, ConstView& b) {
  for (int axis = out.rank() - 3; axis >= 0; --axis) {
    const bool last = axis == out.rank() - 3;
    if (out.shape[axis] != 1 && (last || !mergeable(out, axis) || !mergeable(a, axis) || !mergeable(b, axis)))
      continue;
    const int64_t extent = out.shape[axis];
    const auto drop = [&](auto& v) {
      if (extent != 1) v.shape[axis + 1] *= extent;
      erase_axis(v.shape, v.strides, axis);
    };
    drop(out), drop(a), drop(b);
  }
}

/// Rows of every batch times one shared right operand are one tall product.
inline void fold_batch_into_rows(View& out, ConstView& a, ConstView& b) {
  if (out.rank() != 3 || b.strides[0] != 0) return;
  const auto even = [](const auto& v) {
    return v.shape[1] == 1 || v.strides[0] == v.strides[1] * v.shape[1];
  };
  if (!even(out) || !even(a)) return;
  const auto fold = [](auto& v) {
    if (v.shape[1] == 1) v.strides[1] = v.strides[0];
    v.shape[1] *= v.shape[0];
    erase_axis(v.shape, v.strides, 0);
  };
  fold(out), fold(a);
  erase_axis(b.shape, b.strides, 0);
}

}  // namespace infograd
