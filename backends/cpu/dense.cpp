#include <algorithm>
#include <array>
#include <string>

#include <infograd/backends/cpu/dense.h>
#include <infograd/core/dense.h>
#include <infograd/core/parallel.h>
#include <infograd/core/trace.h>

namespace infograd {

Strides same_order(const Shape& shape, const Strides& strides, int batch_axes) {
  Strides dense = strides;
  std::array<int, kMaxRank> order{};
  for (int axis = 0; axis < shape.rank(); ++axis) order[static_cast<size_t>(axis)] = axis;
  std::stable_sort(order.begin() + batch_axes, order.begin() + shape.rank(),
                   [&](int a, int b) { return strides[a] > strides[b]; });
  int64_t stride = 1;
  for (int i = shape.rank() - 1; i >= 0; --i) {
    const int axis = order[static_cast<size_t>(i)];
    if (i < batch_axes && strides[axis] == 0) continue;
    dense[axis] = stride;
    stride *= shape[axis];
  }
  return dense;
}

Strides channels_last(const Shape& shape) {
  Strides strides(Dims::filled(shape.rank(), 1));
  int64_t stride = shape[1];
  for (int axis = shape.rank() - 1; axis >= 0; --axis) {
    if (axis == 1) continue;
    strides[axis] = stride;
    stride *= shape[axis];
  }
  return strides;
}

// Extents of 1 do not care.
static bool same_strides(const ConstView& v, const Strides& wanted) {
  for (int axis = 0; axis < v.rank(); ++axis)
    if (v.shape[axis] != 1 && v.strides[axis] != wanted[axis]) return false;
  return true;
}

bool is_channels_last(const ConstView& v) {
  return same_strides(v, channels_last(v.shape));
}

bool is_dense(const ConstView& v) {
  return is_dense(v.shape, v.strides);
}

// A repeated axis takes room for one.
static Shape stored_shape(const Shape& shape, const Strides& strides) {
  Shape stored = shape;
  for (int axis = 0; axis < shape.rank(); ++axis)
    if (strides[axis] == 0) stored[axis] = 1;
  return stored;
}

View DenseCopy::room(const Shape& shape, const Strides& strides, DType dtype) {
  int64_t span = 1;
  for (int axis = 0; axis < shape.rank(); ++axis)
    span += std::max<int64_t>(shape[axis] - 1, 0) * strides[axis];
  memory_.emplace(static_cast<size_t>(span) * item_size(dtype));
  return {memory_->data(), dtype, shape, strides};
}

ConstView DenseCopy::of(Backend& backend, const ConstView& x, DType dtype, const Strides& strides) {
  const View result = room(x.shape, strides, dtype);
  const Shape stored = stored_shape(x.shape, strides);
  backend.copy({result.data, dtype, stored, strides}, {x.data, x.dtype, stored, x.strides});
  return result;
}

ConstView DenseCopy::rounded_to_bf16(Backend& backend, const ConstView& x, const Strides& strides) {
  const ConstView result = of(backend, x, DType::f32, strides);
  auto* values = memory_->as<float>();
  parallel_for(stored_shape(x.shape, strides).numel(), kParallelGrain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) values[i] = static_cast<float>(bfloat16(values[i]));
  });
  return result;
}

void warn_bf16_in_f32(std::string_view op) {
  trace::warn_once(std::string(op) + ".bf16", std::string(op) +
                                                  ": this processor has no bf16 multiplication; operands are "
                                                  "rounded to bf16 and multiplied in f32");
}

}  // namespace infograd
