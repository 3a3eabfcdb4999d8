#include <infograd/core/check.h>
#include <infograd/losses/mi/mige/ssge_whitening.h>
#include <infograd/ops/creation.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/index.h>
#include <infograd/ops/linalg.h>
#include <infograd/ops/matmul.h>
#include <infograd/ops/reduce.h>
#include <infograd/ops/shape_ops.h>

namespace infograd::losses::ssge {

namespace {

/// whiten_ridge as it is used: negative means automatic.
double ridge_of(const SsgeOptions& options, int64_t m, int64_t d) {
  if (options.whiten_ridge >= 0) return options.whiten_ridge;
  return m > 2 * d ? 0 : 0.01;
}

}  // namespace

void Whitening::choose(const std::vector<int64_t>& varying, int64_t width, Device device) {
  const int64_t count = std::ssize(varying);
  if (count == width) return;
  std::vector<int64_t> places(static_cast<size_t>(width), count);
  for (int64_t i = 0; i < count; ++i) places[static_cast<size_t>(varying[static_cast<size_t>(i)])] = i;
  columns_ = from_data(varying, {count}).to(device);
  places_ = from_data(places, {width}).to(device);
}

Whitening::Whitening(std::string_view op, const Tensor& centred, const std::vector<int64_t>& varying,
                     const SsgeOptions& options) {
  choose(varying, centred.size(1), centred.device());
  const Tensor x = columns_.defined() ? index_select(centred, 1, columns_) : centred;
  const int64_t m = x.size(0), d = x.size(1);
  const double ridge = ridge_of(options, m, d);
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
        "linear functions of others? whiten_ridge (now {}) above 0 makes it regular",
        op, m, d, ridge);
  }
}

Tensor Whitening::apply(const Tensor& x) const {
  const Tensor varying = columns_.defined() ? index_select(x, 1, columns_) : x;
  return transpose(linalg::solve_triangular(factor_, transpose(varying))).contiguous();
}

Tensor Whitening::scores_of_x(const Tensor& scores) const {
  const Tensor varying =
      transpose(linalg::solve_triangular(factor_, transpose(scores), {.transposed = true}));
  if (!places_.defined()) return varying;
  const Tensor nothing = zeros({varying.size(0), 1}, varying.dtype(), varying.device());
  return index_select(concat({varying, nothing}, 1), 1, places_);
}

}  // namespace infograd::losses::ssge
