#include <algorithm>

#include <fmt/core.h>

#include <infograd/core/checked_numel.h>
#include <infograd/core/error.h>
#include <infograd/core/shape.h>

namespace infograd {

namespace {

void require_rank(size_t rank) {
  if (rank > static_cast<size_t>(kMaxRank))
    throw ShapeError(
        fmt::format("a shape of rank {} was asked for, but a tensor has at most {} dimensions; flatten some",
                    rank, kMaxRank));
}

}  // namespace

Dims::Dims(std::initializer_list<int64_t> values)
    : Dims(std::span<const int64_t>(values.begin(), values.size())) {}

Dims::Dims(std::span<const int64_t> values) {
  require_rank(values.size());
  rank_ = static_cast<int>(values.size());
  std::copy(values.begin(), values.end(), values_.begin());
}

Dims Dims::filled(int rank, int64_t value) {
  require_rank(static_cast<size_t>(rank));
  Dims dims;
  dims.rank_ = rank;
  std::fill_n(dims.values_.begin(), rank, value);
  return dims;
}

void Dims::push_back(int64_t value) {
  insert(rank_, value);
}

void Dims::insert(int axis, int64_t value) {
  require_rank(static_cast<size_t>(rank_) + 1);
  for (int i = rank_; i > axis; --i) (*this)[i] = (*this)[i - 1];
  (*this)[axis] = value;
  ++rank_;
}

void Dims::erase(int axis) {
  for (int i = axis; i + 1 < rank_; ++i) (*this)[i] = (*this)[i + 1];
  --rank_;
}

int64_t checked_numel(const Shape& shape, std::string_view op) {
  int64_t count = 1;
  for (int64_t extent : shape) {
    if (extent < 0) throw ShapeError(fmt::format("{}: shape {} has a negative extent", op, to_string(shape)));
    if (__builtin_mul_overflow(count, extent, &count))
      throw ShapeError(fmt::format("{}: shape {} has 2^63 elements or more", op, to_string(shape)));
  }
  return count;
}

Strides contiguous_strides(const Shape& shape) {
  Strides strides(Dims::filled(shape.rank(), 1));
  for (int axis = shape.rank() - 2; axis >= 0; --axis)
    strides[axis] = strides[axis + 1] * std::max<int64_t>(shape[axis + 1], 1);
  return strides;
}

bool is_contiguous(const Shape& shape, const Strides& strides) {
  int64_t expected = 1;
  bool dense = true;
  for (int axis = shape.rank() - 1; axis >= 0; --axis) {
    if (shape[axis] == 0) return true;
    if (shape[axis] != 1 && strides[axis] != expected) dense = false;  // keep looking for a zero extent
    expected *= shape[axis];
  }
  return dense;
}

std::string to_string(const Dims& dims) {
  std::string text = "[";
  for (int axis = 0; axis < dims.rank(); ++axis)
    text += fmt::format("{}{}", axis == 0 ? "" : ", ", dims[axis]);
  return text + "]";
}

int normalize_axis(int axis, int rank, std::string_view op) {
  if (rank == 0) throw ShapeError(fmt::format("{}: axis {} of a 0-d tensor, which has no axes", op, axis));
  if (axis < -rank || axis >= rank)
    throw ShapeError(fmt::format("{}: axis {} is outside a tensor of rank {}; valid are {} to {}", op, axis,
                                 rank, -rank, rank - 1));
  return axis < 0 ? axis + rank : axis;
}

Shape broadcast_shapes(const Shape& a, const Shape& b, std::string_view op) {
  const int rank = std::max(a.rank(), b.rank());
  Shape out(Dims::filled(rank, 1));
  for (int i = 1; i <= rank; ++i) {
    const int64_t from_a = i <= a.rank() ? a[a.rank() - i] : 1;
    const int64_t from_b = i <= b.rank() ? b[b.rank() - i] : 1;
    if (from_a != from_b && from_a != 1 && from_b != 1)
      throw ShapeError(fmt::format(
          "{}: shapes {} and {} do not broadcast: counted from the last axis, extents must be equal "
          "or 1, but axis -{} has {} against {}",
          op, to_string(a), to_string(b), i, from_a, from_b));
    out[rank - i] = from_a == 1 ? from_b : from_a;
  }
  return out;
}

bool broadcasts_to(const Shape& from, const Shape& to) {
  if (from.rank() > to.rank()) return false;
  for (int i = 1; i <= from.rank(); ++i) {
    const int64_t extent = from[from.rank() - i];
    if (extent != 1 && extent != to[to.rank() - i]) return false;
  }
  return true;
}

Strides broadcast_strides(const Shape& shape, const Strides& strides, const Shape& target) {
  Strides out(Dims::filled(target.rank(), 0));
  for (int i = 1; i <= shape.rank(); ++i) {
    const int axis = shape.rank() - i;
    if (shape[axis] != 1) out[target.rank() - i] = strides[axis];
  }
  return out;
}

}  // namespace infograd
