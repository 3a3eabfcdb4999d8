// Private: whether a layout leaves gaps.
#pragma once

#include <infograd/core/export.h>
#include <infograd/core/tensor.h>

namespace infograd {

/// True when the elements fill their span of memory without gaps or repetition, the axes in any order. An
/// axis of extent 1 may have any stride.
INFOGRAD_API bool is_dense(const Shape& shape, const Strides& strides);
inline bool is_dense(const Tensor& t) {
  return t.is_contiguous() || is_dense(t.shape(), t.strides());
}

}  // namespace infograd
