// Private: batches of images [B, C, H, W] and vectors of any strides, as kernels see them.
#pragma once

#include <infograd/backends/cuda/indexing.h>
#include <infograd/backends/element.h>
#include <infograd/backends/view.h>

namespace infograd::cuda {

struct Pixel {
  int b, c, h, w;
};

/// From the number of an element to its coordinates, in the order in which the images lie in memory:
/// channels last or rows last, whichever is closer.
struct Pixels {
  Divider channels, rows, columns;
  bool channels_last = false;

  Pixels(const Shape& shape, const Strides& strides)
      : channels(static_cast<uint32_t>(shape[1])),
        rows(static_cast<uint32_t>(shape[2])),
        columns(static_cast<uint32_t>(shape[3])),
        channels_last(strides[1] < strides[3]) {}

  INFOGRAD_HD Pixel at(uint32_t i) const {
    Pixel p{};
    if (channels_last) p.c = take(i, channels);
    p.w = take(i, columns);
    p.h = take(i, rows);
    if (!channels_last) p.c = take(i, channels);
    p.b = static_cast<int>(i);
    return p;
  }

  /// The fastest coordinate of number i, which becomes that of the rest.
  INFOGRAD_HD static int take(uint32_t& i, const Divider& extent) {
    const uint32_t quotient = extent.divide(i), rest = i - quotient * extent.divisor;
    i = quotient;
    return static_cast<int>(rest);
  }
};

/// T may be const.
template <class T>
struct Images {
  T* data = nullptr;
  int64_t stride[4] = {};

  Images() = default;
  template <class V>
  explicit Images(const V& view) : data(view.template as<T>()) {
    for (int axis = 0; axis < view.rank(); ++axis) stride[axis] = view.strides[axis];
  }
  INFOGRAD_HD T& operator()(int64_t b, int64_t c, int64_t h, int64_t w) const {
    return data[b * stride[0] + c * stride[1] + h * stride[2] + w * stride[3]];
  }
};

/// An optional vector, read and written as double.
template <class T>
struct Vector {
  T* data = nullptr;
  int64_t step = 0;

  Vector() = default;
  template <class V>
  explicit Vector(const V& view) : data(view.template as<T>()), step(view.rank() > 0 ? view.strides[0] : 0) {}
  INFOGRAD_HD explicit operator bool() const { return data != nullptr; }
  INFOGRAD_HD double at(int64_t i) const { return convert<double>(data[i * step]); }
  INFOGRAD_HD double at_or(int64_t i, double otherwise) const { return data != nullptr ? at(i) : otherwise; }
  INFOGRAD_HD void set(int64_t i, double value) const {
    if (data != nullptr) data[i * step] = convert<std::remove_const_t<T>>(value);
  }
};

}  // namespace infograd::cuda
