#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>
#include <vector>

#include <infograd/losses/mi/mige/ssge_spectrum.h>
#include <infograd/ops/creation.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/linalg.h>
#include <infograd/ops/matmul.h>
#include <infograd/ops/random_ops.h>
#include <infograd/ops/reduce.h>
#include <infograd/ops/shape_ops.h>

namespace infograd::losses::ssge {

namespace {

std::vector<double> on_host(const Tensor& values) {
  return values.to(cpu).to(DType::f64).to_vector<double>();
}

/// Decides J, and remembers what it saw.
class Selection {
 public:
  Selection(int64_t m, DType dtype, const SsgeOptions& options, SsgeInfo& info)
      : options_(options), info_(info) {
    const double eps = dtype == DType::f64 ? std::numeric_limits<double>::epsilon()
                                           : static_cast<double>(std::numeric_limits<float>::epsilon());
    floor_ = 16 * std::sqrt(static_cast<double>(m)) * eps;
  }

  /// J for the largest eigenvalues in ascending order, which add up to `total` together with those not given.
  int64_t count(std::vector<double> values, double total) {
    for (double& value : values) value = std::max(value, 0.0);  // rounding
    if (total <= 0) total = std::accumulate(values.begin(), values.end(), 0.0);
    int64_t kept = 0;
    double sum = 0;
    for (size_t i = values.size(); i-- > 0; ++kept) {
      const double next = sum + values[i];
      if (options_.n_eigen > 0 ? kept == options_.n_eigen : kept > 0 && next / total >= options_.tau) break;
      sum = next;
    }
    info_.J = kept;
    info_.lambda_first = values.back();
    info_.lambda_last = std::max(values[values.size() - static_cast<size_t>(kept)], floor_ * values.back());
    info_.kept = sum / total;
    return kept;
  }

  /// Of all eigenvectors or more than the J last ones.
  Spectrum cut(const linalg::Eigh& eigen) const {
    const int64_t first = eigen.values.size(0) - info_.J, first_vector = eigen.vectors.size(1) - info_.J;
    return {slice(eigen.vectors, 1, first_vector),
            clamp(slice(eigen.values, 0, first), floor_ * info_.lambda_first,
                  std::numeric_limits<double>::infinity())};
  }

 private:
  const SsgeOptions& options_;
  SsgeInfo& info_;
  double floor_ = 0;
};

double largest(const Tensor& x) {
  return max(abs(x)).item();
}

/// Ritz pairs of a block of `width` vectors once those that are kept have converged; undefined if the block
/// is too narrow or convergence too slow.
linalg::Eigh iterate(const Tensor& k, int64_t width, double total, Selection& selection) {
  constexpr int kMaxRounds = 150;
  const double tolerance = k.dtype() == DType::f64 ? 1e-13 : 1e-5;
  Generator generator(0);  // any start will do: always the same one
  Tensor v = linalg::qr(rand_normal({k.size(0), width}, 0, 1, k.dtype(), generator, k.device())).q;
  for (int round = 0; round < kMaxRounds; ++round) {
    const Tensor kv = matmul(k, v);
    if (round < 3) {
      v = linalg::qr(matmul(k, kv)).q;
      continue;
    }
    const linalg::Eigh inner = linalg::eigh(matmul(transpose(v), kv));
    const int64_t kept = selection.count(on_host(inner.values), total);
    if (kept > width - width / 8) return {};
    const Tensor vectors = matmul(v, inner.vectors), images = matmul(kv, inner.vectors);
    const Tensor residual = slice(images - vectors * inner.values, 1, width - kept);
    if (largest(residual) <= tolerance * largest(inner.values)) return {inner.values, vectors};
    v = linalg::qr(matmul(k, images)).q;
  }
  return {};
}

Spectrum by_subspace(const Tensor& k, double total, Selection& selection) {
  for (int64_t width = 64; 2 * width <= k.size(0); width *= 2) {
    const linalg::Eigh ritz = iterate(k, width, total, selection);
    if (ritz.values.defined()) return selection.cut(ritz);
  }
  const linalg::Eigh all = linalg::eigh(k);  // most vectors are needed
  selection.count(on_host(all.values), total);
  return selection.cut(all);
}

}  // namespace

Spectrum leading_eigenpairs(const Tensor& kernel, const SsgeOptions& options, SsgeInfo& info) {
  const int64_t m = kernel.size(0);
  const double eta = options.eta.value_or(0);
  const Tensor k = eta > 0 ? kernel + eye(m, kernel.dtype(), kernel.device()) * eta : kernel;
  Selection selection(m, k.dtype(), options, info);
  switch (options.eigen) {
    case MigeEigen::subspace:
      return by_subspace(k, static_cast<double>(m) * (1 + eta), selection);
    case MigeEigen::top:
      return selection.cut(linalg::eigh_top(k, [&](std::span<const double> values) {
        return selection.count({values.begin(), values.end()}, 0);
      }));
    case MigeEigen::full:
      break;
  }
  const linalg::Eigh all = linalg::eigh(k);
  selection.count(on_host(all.values), 0);
  return selection.cut(all);
}

}  // namespace infograd::losses::ssge
