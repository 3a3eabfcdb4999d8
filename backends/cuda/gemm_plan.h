// Private: our row-major, strided, batched products as the column-major calls that cuBLAS has. Pure
// functions: host tests run the plans on a plain column-major multiplication.
#pragma once

#include <infograd/backends/matrix_layout.h>

namespace infograd::cuda {

/// C (rows x columns, column-major) = op(first) op(second) + ..., `inner` terms per element; `batch` products
/// whose matrices lie batch strides apart, and the axes of `outer` with one call each.
struct GemmPlan {
  struct Operand {
    bool transposed = false;
    int64_t ld = 1;
    int64_t batch_stride = 0;
    Strides outer;  ///< elements, per axis of `outer`
  };
  bool b_first = true;  ///< `first` is b, else a
  int64_t rows = 0, columns = 0, inner = 0, batch = 1;
  Operand first, second, out;
  Shape outer;
};

/// Whether a library can walk the last two axes of a view. Any batch strides will do.
inline bool walkable(const ConstView& v) {
  return matrix_of(v).has_value();
}

namespace detail {

inline GemmPlan::Operand operand_of(const ConstView& v, bool transposed) {
  GemmPlan::Operand operand;
  operand.transposed = transposed;
  operand.ld = matrix_of(v)->ld;
  const int batch_rank = v.rank() - 2;
  if (batch_rank > 0) operand.batch_stride = v.strides[batch_rank - 1];
  for (int axis = 0; axis + 1 < batch_rank; ++axis) operand.outer.push_back(v.strides[axis]);
  return operand;
}

}  // namespace detail

/// out [.., M, N] = a [.., M, K] b [.., K, N], views of one rank that are all walkable. A row-major matrix
/// is, seen by columns, its transpose: a row-major `out` is computed as C = b^T a^T, a column-major one as C
/// = a b.
inline GemmPlan plan_gemm(View out, ConstView a, ConstView b) {
  collapse_batch(out, a, b);
  View tall_out = out;
  ConstView tall_a = a, shared_b = b;
  fold_batch_into_rows(tall_out, tall_a, shared_b);
  if (walkable(tall_out) && walkable(tall_a)) out = tall_out, a = tall_a, b = shared_b;

  const int r = out.rank() - 2;
  const Matrix c = *matrix_of(out), left = *matrix_of(a), right = *matrix_of(b);
  GemmPlan plan;
  plan.b_first = !c.transposed;
  plan.inner = a.shape[r + 1];
  plan.out = detail::operand_of(out, false);
  if (plan.b_first) {
    plan.rows = out.shape[r + 1], plan.columns = out.shape[r];
    plan.first = detail::operand_of(b, right.transposed);
    plan.second = detail::operand_of(a, left.transposed);
  } else {
    plan.rows = out.shape[r], plan.columns = out.shape[r + 1];
    plan.first = detail::operand_of(a, !left.transposed);
    plan.second = detail::operand_of(b, !right.transposed);
  }
  if (r > 0) plan.batch = out.shape[r - 1];
  for (int axis = 0; axis + 1 < r; ++axis) plan.outer.push_back(out.shape[axis]);
  return plan;
}

/// f(offset in out, in the first operand, in the second) for the calls of a plan.
template <class F>
void for_each_call(const GemmPlan& plan, F&& f) {
  const int64_t calls = plan.outer.numel();
  for (int64_t i = 0; i < calls; ++i) {
    int64_t rest = i, out = 0, first = 0, second = 0;
    for (int axis = plan.outer.rank() - 1; axis >= 0; --axis) {
      const int64_t at = rest % plan.outer[axis];
      rest /= plan.outer[axis];
      out += at * plan.out.outer[axis];
      first += at * plan.first.outer[axis];
      second += at * plan.second.outer[axis];
    }
    f(out, first, second);
  }
}

}  // namespace infograd::cuda
