#include <limits>

#include <infograd/autograd/grad_mode.h>
#include <infograd/core/check.h>
#include <infograd/losses/mi/population_infomax/orthonormal.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/linalg.h>
#include <infograd/ops/matmul.h>
#include <infograd/ops/reduce.h>
#include <infograd/ops/shape_ops.h>

namespace infograd::losses {
namespace {

Tensor matrix_on_host(const char* op, const Tensor& a, bool tall) {
  check_defined(op, "a", a);
  check<DTypeError>(a.dtype() == DType::f64, "{}: f64 needed, found {}", op, describe(a));
  check<ShapeError>(a.rank() == 2 && a.numel() > 0, "{}: a matrix needed, found {}", op, describe(a));
  check<ShapeError>(tall ? a.size(0) >= a.size(1) : a.size(0) <= a.size(1),
                    "{}: {} has more {} than can be independent", op, describe(a), tall ? "columns" : "rows");
  return a.detach().to(cpu);
}

}  // namespace

Tensor gs_cols(const Tensor& a) {
  const NoGrad no_grad;
  return linalg::qr(matrix_on_host("gs_cols", a, true)).q.contiguous();
}

Tensor gs_rows(const Tensor& a) {
  const NoGrad no_grad;
  return transpose(linalg::qr(transpose(matrix_on_host("gs_rows", a, false))).q).contiguous();
}

Tensor polar(const Tensor& a) {
  const NoGrad no_grad;
  const Tensor rows = matrix_on_host("polar", a, false);
  const auto [values, vectors] = linalg::eigh(matmul(rows, transpose(rows)));
  const auto n = static_cast<double>(rows.size(0));
  check<ValueError>(min(values).item() > n * std::numeric_limits<double>::epsilon() * max(values).item(),
                    "polar: the rows of {} are linearly dependent", describe(a));
  return matmul(matmul(vectors * rsqrt(values), transpose(vectors)), rows);
}

}  // namespace infograd::losses
