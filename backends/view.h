// What a kernel sees: address, type, extents and strides. No ownership, no autograd.
#pragma once

#include <infograd/core/tensor.h>

namespace infograd {

struct View {
  void* data = nullptr;
  DType dtype = DType::f32;
  Shape shape;
  Strides strides;  ///< elements; 0 repeats

  View() = default;
  View(void* data_, DType dtype_, const Shape& shape_, const Strides& strides_)
      : data(data_), dtype(dtype_), shape(shape_), strides(strides_) {}
  /// A tensor to be written.
  explicit View(const Tensor& t) : View(t.raw_data(), t.dtype(), t.shape(), t.strides()) {}

  template <class T>
  T* as() const {
    return static_cast<T*>(data);
  }
  explicit operator bool() const { return data != nullptr; }
  int rank() const { return shape.rank(); }
  int64_t numel() const { return shape.numel(); }
  bool is_contiguous() const { return infograd::is_contiguous(shape, strides); }
};

struct ConstView {
  const void* data = nullptr;
  DType dtype = DType::f32;
  Shape shape;
  Strides strides;

  ConstView() = default;
  ConstView(const void* data_, DType dtype_, const Shape& shape_, const Strides& strides_)
      : data(data_), dtype(dtype_), shape(shape_), strides(strides_) {}
  ConstView(const View& v) : ConstView(v.data, v.dtype, v.shape, v.strides) {}  // NOLINT: a View can be read
  /// An undefined tensor gives an empty view (optional arguments).
  explicit ConstView(const Tensor& t) {
    if (t.defined()) *this = ConstView(t.raw_data(), t.dtype(), t.shape(), t.strides());
  }
  /// `t` seen with the shape it broadcasts to.
  static ConstView broadcast(const Tensor& t, const Shape& target) {
    return {t.raw_data(), t.dtype(), target, broadcast_strides(t.shape(), t.strides(), target)};
  }

  template <class T>
  const T* as() const {
    return static_cast<const T*>(data);
  }
  explicit operator bool() const { return data != nullptr; }
  int rank() const { return shape.rank(); }
  int64_t numel() const { return shape.numel(); }
  bool is_contiguous() const { return infograd::is_contiguous(shape, strides); }
};

}  // namespace infograd
