// Indexing by tensors. Indices are i64; negative ones count from the end; out of range throws with the value.
#pragma once

#include <infograd/core/tensor.h>

namespace infograd {

/// out[.., i, ..] = x[.., index[.., i, ..], ..] along `axis`. index has x's rank; other extents at most x's.
INFOGRAD_API Tensor gather(const Tensor& x, int axis, const Tensor& index);
/// Rows (along `axis`) named by index [n].
INFOGRAD_API Tensor index_select(const Tensor& x, int axis, const Tensor& index);
enum class OutOfRange : uint8_t { raise, zero };
/// [..., classes]; zero: an index outside the range gives an all-off row (ONNX).
INFOGRAD_API Tensor one_hot(const Tensor& index, int64_t classes, DType dtype = DType::f32,
                            OutOfRange out_of_range = OutOfRange::raise);
struct TopK {
  Tensor values;   ///< sorted; differentiable
  Tensor indices;  ///< i64; the lower index first at ties
};
INFOGRAD_API TopK topk(const Tensor& x, int64_t k, int axis = -1, bool largest = true);

}  // namespace infograd
