// Shape and strides with inline storage: no allocation, at most six dimensions.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

#include <infograd/core/export.h>

namespace infograd {

/// Largest rank of a Tensor. More dimensions are rejected by name.
inline constexpr int kMaxRank = 6;

/// A short list of integers, one per dimension.
class INFOGRAD_API Dims {
 public:
  Dims() = default;
  Dims(std::initializer_list<int64_t> values);
  explicit Dims(std::span<const int64_t> values);
  /// `rank` copies of `value`.
  static Dims filled(int rank, int64_t value);

  int rank() const { return rank_; }
  bool empty() const { return rank_ == 0; }
  /// Unchecked; 0 <= axis < rank.
  int64_t operator[](int axis) const { return values_[static_cast<size_t>(axis)]; }
  int64_t& operator[](int axis) { return values_[static_cast<size_t>(axis)]; }
  const int64_t* begin() const { return values_.data(); }
  const int64_t* end() const { return values_.data() + rank_; }
  int64_t* begin() { return values_.data(); }
  int64_t* end() { return values_.data() + rank_; }
  int64_t back() const { return values_[static_cast<size_t>(rank_ - 1)]; }
  void push_back(int64_t value);
  void insert(int axis, int64_t value);
  void erase(int axis);
  bool operator==(const Dims& other) const {
    if (rank_ != other.rank_) return false;
    for (int i = 0; i < rank_; ++i)
      if (values_[static_cast<size_t>(i)] != other.values_[static_cast<size_t>(i)]) return false;
    return true;
  }

 private:
  std::array<int64_t, kMaxRank> values_;  // only the first rank_ entries are set: copies stay cheap
  int rank_ = 0;
};

/// Extents of a tensor, outermost first. `{}` is a 0-d scalar.
class Shape : public Dims {
 public:
  using Dims::Dims;
  Shape() = default;
  explicit Shape(const Dims& dims) : Dims(dims) {}
  /// Number of elements; 1 for a 0-d shape.
  int64_t numel() const {
    int64_t n = 1;
    for (int64_t extent : *this) n *= extent;
    return n;
  }
};

/// Distance between neighbours along each axis, in elements. 0 broadcasts.
class Strides : public Dims {
 public:
  using Dims::Dims;
  Strides() = default;
  explicit Strides(const Dims& dims) : Dims(dims) {}
};

/// Row-major strides of a shape.
INFOGRAD_API Strides contiguous_strides(const Shape& shape);
/// True when the strides are row-major (axes of extent 1 do not matter; a zero-size tensor is contiguous).
INFOGRAD_API bool is_contiguous(const Shape& shape, const Strides& strides);
/// "[2, 3]"; "[]" for a scalar.
INFOGRAD_API std::string to_string(const Dims& dims);
/// Maps -rank..rank-1 to 0..rank-1; throws ShapeError naming `op` otherwise.
INFOGRAD_API int normalize_axis(int axis, int rank, std::string_view op);
/// The common shape of two operands; throws ShapeError naming `op` and both shapes.
INFOGRAD_API Shape broadcast_shapes(const Shape& a, const Shape& b, std::string_view op);
/// True when `from` broadcasts to exactly `to`.
INFOGRAD_API bool broadcasts_to(const Shape& from, const Shape& to);
/// Strides that view a tensor of `shape` as `target` (0 where it repeats). Requires broadcasts_to(shape,
/// target).
INFOGRAD_API Strides broadcast_strides(const Shape& shape, const Strides& strides, const Shape& target);

}  // namespace infograd
