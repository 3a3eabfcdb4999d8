#include <algorithm>

#include <infograd/losses/mi/mige/nu_method.h>
#include <infograd/ops/creation.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/matmul.h>
#include <infograd/ops/pairwise.h>
#include <infograd/ops/reduce.h>
#include <infograd/ops/shape_ops.h>

namespace infograd::losses::ssge {

namespace {

/// The matrix-valued kernel -2 phi' I - 4 phi'' r r^T, r = q - x, between rows q [N, d] and samples x [M, d],
/// as a product: its N d x M d entries are never there.
class CurlFreeKernel {
 public:
  CurlFreeKernel(const Tensor& q, const Tensor& x, const Tensor& squared, double sigma) : q_(q), x_(x) {
    const double s2 = sigma * sigma, d = static_cast<double>(x.size(1));
    // The operator norm must be at most 1; d / sigma^2 bounds it.
    const double scale = std::min(1.0, s2 / d);
    const Tensor root = rsqrt(affine(squared, 1 / s2, 1)), root2 = square(root);
    const Tensor root3 = root2 * root;
    isotropic_ = root3 * (scale / s2);                           // -2 phi'
    along_ = root3 * root2 * (-3 * scale / (s2 * s2));           // -4 phi''
    const Tensor third = squared * root2 * (-5 / s2) + (d + 2);  // [(d + 2) phi'' + 2 r^2 phi'''] / phi''
    const Tensor weight = -along_ * third;
    mean_divergence_ = differences(weight) / static_cast<double>(x.size(0));
  }

  /// Sum over the samples of kernel(q, x^n) c_n, for c [M, d].
  Tensor apply(const Tensor& c) const {
    const Tensor projection = matmul(q_, transpose(c)) - sum(x_ * c, {1});
    return matmul(isotropic_, c) + differences(along_ * projection);
  }
  /// Mean over the samples of the kernel's divergence in x^n.
  const Tensor& mean_divergence() const { return mean_divergence_; }

 private:
  /// sum_n w_mn (q^m - x^n).
  Tensor differences(const Tensor& w) const { return sum(w, {1}, true) * q_ - matmul(w, x_); }

  Tensor q_, x_, isotropic_, along_, mean_divergence_;
};

}  // namespace

Tensor nu_method(const Tensor& x, const Tensor& q, double sigma, int64_t iterations) {
  constexpr double nu = 1;
  const CurlFreeKernel kernel(x, x, squared_distances(x), sigma);
  const Tensor& h = kernel.mean_divergence();
  Tensor c = zeros_like(x), c_old = c;
  double a_old = 0, a = -(4 * nu + 2) / (4 * nu + 1);
  for (int64_t step = 2; step <= iterations; ++step) {
    const auto t = static_cast<double>(step);
    const double u = (t - 1) * (2 * t - 3) * (2 * t + 2 * nu - 1) /
                     ((t + 2 * nu - 1) * (2 * t + 4 * nu - 1) * (2 * t + 2 * nu - 3));
    const double w = 4 * (2 * t + 2 * nu - 1) * (t + nu - 1) / ((t + 2 * nu - 1) * (2 * t + 4 * nu - 1));
    const Tensor gradient = h * a + kernel.apply(c);
    const Tensor c_new = c * (1 + u) - gradient * (w / static_cast<double>(x.size(0))) - c_old * u;
    const double a_new = (1 + u) * a - u * a_old - w;
    c_old = c, c = c_new;
    a_old = a, a = a_new;
  }
  if (!q.defined()) return kernel.apply(c) + h * a;
  const CurlFreeKernel at(q, x, squared_distances(q, x), sigma);
  return at.apply(c) + at.mean_divergence() * a;
}

}  // namespace infograd::losses::ssge
