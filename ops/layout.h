// Private: memory layouts of results. Images stay channels-last (shape [B, C, H, W], strides of [B, H, W, C])
// from op to op.
#pragma once

#include <infograd/backends/view.h>
#include <infograd/core/tensor.h>

namespace infograd {

inline Strides channels_last_strides(const Shape& s) {
  return {s[1] * s[2] * s[3], 1, s[3] * s[1], s[1]};
}

inline bool is_channels_last(const Tensor& x) {
  return x.rank() == 4 && x.strides() == channels_last_strides(x.shape());
}

inline Tensor empty_channels_last(const Shape& shape, DType dtype, Device device) {
  return empty_strided(shape, channels_last_strides(shape), dtype, device);
}

/// Row-major values outside the graph, for kernels that want them so; no copy where they already are.
/// Undefined stays so.
inline Tensor packed(const Tensor& x) {
  return !x.defined() || x.is_contiguous() ? x : x.detach().contiguous();
}

/// A row-major tensor seen as a matrix; an undefined one as an empty view.
inline View as_matrix(const Tensor& x, int64_t rows, int64_t columns) {
  return x.defined() ? View(x.raw_data(), x.dtype(), {rows, columns}, {columns, 1}) : View();
}
/// A row-major tensor seen as one row.
inline View as_vector(const Tensor& x) {
  return x.defined() ? View(x.raw_data(), x.dtype(), {x.numel()}, {1}) : View();
}
/// An optional tensor as a kernel argument.
inline View optional_view(const Tensor& x) {
  return x.defined() ? View(x) : View();
}

}  // namespace infograd
