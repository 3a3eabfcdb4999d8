#include <infograd/core/check.h>
#include <infograd/losses/mi/mige/ssge_whitening.h>
#include <infograd/ops/creation.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/linalg.h>
#include <infograd/ops/matmul.h>
#include <infograd/ops/reduce.h>
#include <infograd/ops/shape_ops.h>

namespace infograd::losses::ssge {

double Whitening::ridge(const SsgeOptions& options, int64_t m, int64_t d) {
  if (options.whiten_ridge >= 0) return options.whiten_ridge;
  return m > 2 * d ? 0 : 0.01;
}

Whitening::Whitening(std::string_view op, const Tensor& x, double ridge) {
  const int64_t m = x.size(0), d = x.size(1);
  check<ValueError>(m > d || ridge > 0,
                    "{}: {} samples in {} dimensions cannot be whitened without a ridge; leave whiten_ridge "
                    "negative or set it above 0",
                    op, m, d);
  Tensor covariance = matmul(transpose(x), x) / static_cast<double>(m);
  if (ridge > 0) {
    const Tensor identity = eye(d, x.dtype(), x.device());
    covariance = covariance + identity * (sum(covariance * identity) * (ridge / static_cast<double>(d)));
  }
  try {
    factor_ = linalg::cholesky(covariance);
  } catch (const ValueError&) {
    fail<ValueError>(
        "{}: the covariance of {} samples in {} dimensions is singular and cannot be whitened; are columns "
        "constant or linear functions of others? whiten_ridge (now {}) above 0 makes it regular",
        op, m, d, ridge);
  }
}

Tensor Whitening::apply(const Tensor& x) const {
  return transpose(linalg::solve_triangular(factor_, transpose(x))).contiguous();
}

Tensor Whitening::scores_of_x(const Tensor& scores) const {
  return transpose(linalg::solve_triangular(factor_, transpose(scores), {.transposed = true}));
}

}  // namespace infograd::losses::ssge
