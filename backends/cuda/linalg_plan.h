// Private: our row-major matrices as a library sees them that counts by columns. Pure functions: host tests
// run the plans on plain column-major loops.
#pragma once

#include <infograd/backends/view.h>

namespace infograd::cuda {

/// What is row-major here is its own transpose there, and its lower triangle the upper one.
inline constexpr bool kSymmetricUpper = true;

/// b [n, k] = op(A)^-1 b, A a triangle of a [n, n], is X^T op(A)^T = B^T there: from the right, with the
/// other triangle, and op as it is.
struct TriangularPlan {
  bool from_right, upper, transposed;
  int64_t rows, columns, lda, ldb;  ///< of B^T
};
inline TriangularPlan plan_triangular(const ConstView& a, const ConstView& b, bool upper, bool transposed) {
  const int64_t n = b.shape[0], k = b.shape[1];
  return {true, !upper, transposed, k, n, a.shape[1], k};
}

/// at [n, m] holds the columns of A [m, n] one after the other: just what is wanted there.
struct QrPlan {
  int64_t rows, columns, reflectors, ld;
};
inline QrPlan plan_qr(const ConstView& at) {
  const int64_t m = at.shape[1], n = at.shape[0];
  return {m, n, m < n ? m : n, m};
}

/// So do at [n, n] and bt [k, n].
struct SolvePlan {
  int64_t order, columns, lda, ldb;
};
inline SolvePlan plan_solve(const ConstView& at, const ConstView& bt) {
  const int64_t n = at.shape[0];
  return {n, bt.shape[0], n, n};
}

}  // namespace infograd::cuda
