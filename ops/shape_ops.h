// Views and rearrangements. reshape (when strides allow), transpose, permute, squeeze, unsqueeze, expand,
// flatten, slice, select and detach alias their input; concat and stack copy.
#pragma once

#include <optional>
#include <vector>

#include <infograd/core/tensor.h>
#include <infograd/ops/axes.h>

namespace infograd {

/// One extent may be -1. A view when the strides allow, else a copy.
INFOGRAD_API Tensor reshape(const Tensor& x, const Shape& shape);
INFOGRAD_API Tensor transpose(const Tensor& x, int axis_a = -2, int axis_b = -1);
INFOGRAD_API Tensor permute(const Tensor& x, const Axes& axes);
/// Drops one axis of extent 1; without an axis, all of them.
INFOGRAD_API Tensor squeeze(const Tensor& x, std::optional<int> axis = std::nullopt);
INFOGRAD_API Tensor unsqueeze(const Tensor& x, int axis);
/// Repeats axes of extent 1 without copying (stride 0); -1 keeps an extent.
INFOGRAD_API Tensor expand(const Tensor& x, const Shape& shape);
/// Merges axes first..last.
INFOGRAD_API Tensor flatten(const Tensor& x, int first = 0, int last = -1);
INFOGRAD_API Tensor concat(const std::vector<Tensor>& tensors, int axis = 0);
INFOGRAD_API Tensor stack(const std::vector<Tensor>& tensors, int axis = 0);
/// Python-like: negative bounds count from the end, out of range clamps; `stop` defaults to the end; step > 0
/// gives a view, step < 0 a copy.
INFOGRAD_API Tensor slice(const Tensor& x, int axis, int64_t start,
                          std::optional<int64_t> stop = std::nullopt, int64_t step = 1);
/// Drops `axis` at `index` (negative counts from the end; out of range throws).
INFOGRAD_API Tensor select(const Tensor& x, int axis, int64_t index);
/// The same values laid out channels-last: shape [B, C, H, W], strides of [B, H, W, C]. A no-op if they
/// already are.
INFOGRAD_API Tensor to_channels_last(const Tensor& x);

}  // namespace infograd
