#include <infograd/losses/mi/population_infomax/small_algebra.h>
#include <infograd/ops/creation.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/index.h>
#include <infograd/ops/linalg.h>
#include <infograd/ops/matmul.h>
#include <infograd/ops/reduce.h>
#include <infograd/ops/shape_ops.h>

namespace infograd::losses {
namespace {

/// ln of |diagonal|, summed.
Tensor log_diagonal(const Tensor& r) {
  return sum(log(abs(sum(r * eye(r.size(-1), r.dtype()), {-1}))), {-1});
}

}  // namespace

WeightedGram weighted_gram(const Tensor& c, const Tensor& d) {
  const auto [sorted, order] = topk(d, d.size(-1), -1, true);
  Shape shape = d.shape();
  shape.push_back(c.size(0));
  const Tensor rows = reshape(index_select(transpose(c), 0, flatten(order)), shape);
  const Tensor r = linalg::qr(rows * unsqueeze(sorted, -1)).r;
  const Tensor half = linalg::solve_triangular(r, c, {.upper = true, .transposed = true});
  return {2 * log_diagonal(r), linalg::solve_triangular(r, half, {.upper = true})};
}

Dual dual(const Tensor& c) {
  const auto [q, r] = linalg::qr(transpose(c));
  return {log_diagonal(r).item(), linalg::solve_triangular(r, transpose(q), {.upper = true})};
}

}  // namespace infograd::losses
