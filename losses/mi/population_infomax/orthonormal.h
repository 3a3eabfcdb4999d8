// Nearest and first-come orthonormal rows or columns of a matrix.
#pragma once

#include <infograd/core/tensor.h>

namespace infograd::losses {

// f64 [n, m] in and out, outside any graph; computed on the CPU. ShapeError for another rank or, with too
// many rows (gs_rows, polar) or columns (gs_cols) to be independent, DTypeError for another type.

/// Gram-Schmidt on the rows, the first one first, n <= m: by Householder reflections, with the signs that
/// Gram-Schmidt gives.
INFOGRAD_API Tensor gs_rows(const Tensor& a);
/// Gram-Schmidt on the columns, n >= m.
INFOGRAD_API Tensor gs_cols(const Tensor& a);
/// (A A^T)^(-1/2) A, the matrix of orthonormal rows nearest to A; n <= m. ValueError for dependent rows.
INFOGRAD_API Tensor polar(const Tensor& a);

}  // namespace infograd::losses
