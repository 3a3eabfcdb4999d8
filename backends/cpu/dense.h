// Private: scratch copies of operands whose layout or type a library cannot take.
#pragma once

#include <optional>

#include <infograd/backends/backend.h>
#include <infograd/core/allocator.h>

namespace infograd {

/// Gap-free strides that keep the axes of a view in their present order in memory. The first `batch_axes`
/// axes go outermost, and those of them that repeat (stride 0) stay repeated.
Strides same_order(const Shape& shape, const Strides& strides, int batch_axes = 0);
/// Strides of a dense [B, C, H, W] with the channel innermost.
Strides channels_last(const Shape& shape);

bool is_channels_last(const ConstView& v);
/// No gaps, no repeats; the axes in any order.
bool is_dense(const ConstView& v);

/// Memory for one dense copy, given back when this dies.
class DenseCopy {
 public:
  /// Room of that layout, not initialised.
  View room(const Shape& shape, const Strides& strides, DType dtype);
  /// x in another type and layout.
  ConstView of(Backend& backend, const ConstView& x, DType dtype, const Strides& strides);
  /// f32 x, every value rounded to the nearest bf16.
  ConstView rounded_to_bf16(Backend& backend, const ConstView& x, const Strides& strides);

 private:
  std::optional<memory::Scratch> memory_;
};

/// Says once that `op` computes bf16 in f32 on this processor.
void warn_bf16_in_f32(std::string_view op);

}  // namespace infograd
