// Private: how the reference kernels walk views: element access by index, and a loop over all indices of a
// shape.
#pragma once

#include <array>
#include <cstddef>
#include <tuple>

#include <infograd/backends/element.h>
#include <infograd/backends/view.h>

namespace infograd::reference {

/// What the reference computes in: double for floating types, int64_t for the others.
template <class T>
using Wide = std::conditional_t<is_floating_v<T>, double, int64_t>;

/// A strided view read as wide numbers: x(b, c, h, w), x.at(offset), x.set(value, b, c, h, w).
template <class T>
class Elements {
 public:
  explicit Elements(const ConstView& view) : data_(const_cast<T*>(view.as<T>())), strides_(view.strides) {}

  Wide<T> at(int64_t offset) const { return convert<Wide<T>>(data_[offset]); }
  void set_at(int64_t offset, Wide<T> value) const { data_[offset] = convert<T>(value); }

  template <class... Index>
  Wide<T> operator()(Index... index) const {
    return at(offset(index...));
  }
  template <class... Index>
  void set(Wide<T> value, Index... index) const {
    set_at(offset(index...), value);
  }
  template <class... Index>
  void add(Wide<T> value, Index... index) const {
    const int64_t o = offset(index...);
    set_at(o, at(o) + value);
  }
  explicit operator bool() const { return data_ != nullptr; }

 private:
  template <class... Index>
  int64_t offset(Index... index) const {
    int axis = 0;
    int64_t sum = 0;
    ((sum += static_cast<int64_t>(index) * strides_[axis++]), ...);
    return sum;
  }
  T* data_;
  Strides strides_;
};

/// Calls f(i, j, ..) for every index below `extents`, the last one fastest.
template <size_t N, class F, class... Index>
void for_each_index(const int64_t (&extents)[N], F&& f, Index... index) {
  if constexpr (sizeof...(Index) == N)
    f(index...);
  else
    for (int64_t i = 0; i < extents[sizeof...(Index)]; ++i) for_each_index(extents, f, index..., i);
}

/// Calls f(offset_0, .., offset_N-1) for every index of `shape` in row-major order, each offset by its own
/// strides.
template <size_t N, class F>
void for_each(const Shape& shape, const std::array<Strides, N>& strides, F&& f) {
  if (shape.numel() == 0) return;
  Shape index(Dims::filled(shape.rank(), 0));
  std::array<int64_t, N> offset{};
  for (;;) {
    std::apply(f, offset);
    int axis = shape.rank() - 1;
    for (; axis >= 0; --axis) {
      for (size_t n = 0; n < N; ++n) offset[n] += strides[n][axis];
      if (++index[axis] < shape[axis]) break;
      for (size_t n = 0; n < N; ++n) offset[n] -= strides[n][axis] * shape[axis];
      index[axis] = 0;
    }
    if (axis < 0) return;
  }
}

/// `dims` without one axis: the loop over all lines along it.
template <class D>
D without(D dims, int axis) {
  dims.erase(axis);
  return dims;
}

}  // namespace infograd::reference
