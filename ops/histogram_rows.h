// Private: the histograms of all rows as one packed f64 tensor, which losses read without rounding to f32.
#pragma once

#include <infograd/ops/histogram.h>

namespace infograd::detail {

struct HistogramRows {
  Tensor packed;       ///< [R, N^2 + 2 N] f64, differentiable: P, p, q
  Tensor total;        ///< [R] f64: the weight of each row
  int64_t empty = 0;   ///< rows without weight
  int64_t pixels = 0;  ///< M
};
HistogramRows histogram_rows(const Tensor& x, const Tensor& y, const FuzzyHistogramOptions& options);

/// Views of P, p and q.
FuzzyHistogram unpack(const Tensor& packed, int64_t bins);
/// The mask in x's dtype and as rows [R, M]; undefined without one.
Tensor mask_rows(const Tensor& x, const FuzzyHistogramOptions& options);

}  // namespace infograd::detail
