#include <algorithm>
#include <optional>
#include <vector>

#include <infograd/autograd/grad_mode.h>
#include <infograd/backends/late_checks.h>
#include <infograd/core/check.h>
#include <infograd/losses/mi/mige/nu_method.h>
#include <infograd/losses/mi/mige/ssge_kernel.h>
#include <infograd/losses/mi/mige/ssge_scores.h>
#include <infograd/losses/mi/mige/ssge_spectrum.h>
#include <infograd/losses/mi/mige/ssge_whitening.h>
#include <infograd/ops/creation.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/linalg.h>
#include <infograd/ops/matmul.h>
#include <infograd/ops/pairwise.h>
#include <infograd/ops/reduce.h>
#include <infograd/ops/shape_ops.h>

namespace infograd::losses::ssge {

namespace {

bool whitens(const SsgeOptions& options) {
  return options.estimator == MigeEstimator::whitened_ssge ||
         (options.estimator == MigeEstimator::nu_method && options.nu_whiten);
}

Tensor in_compute_type(const Tensor& x, const SsgeOptions& options) {
  return x.detach().to(options.compute_in_double || x.dtype() == DType::f64 ? DType::f64 : DType::f32);
}

/// x and q about the mean of x: scores do not change, sums lose no digits. By way of the first sample, so
/// that equal samples become exact zeros.
struct Centred {
  Tensor x, q;
};
Centred centre(const Tensor& samples, const Tensor& points, const SsgeOptions& options) {
  const Tensor x = in_compute_type(samples, options), first = slice(x, 0, 0, 1), shifted = x - first;
  const Tensor centre = mean(shifted, {0}, true);
  return {shifted - centre, points.defined() ? in_compute_type(points, options) - first - centre : Tensor()};
}

/// The eigenfunctions are -K(., x) coefficients: U_J Lambda_J^-2 U_J^T B.
Tensor coefficients(const Spectrum& s, const Tensor& b, int power) {
  const Tensor inverse = reciprocal(power == 2 ? square(s.values) : s.values);
  return matmul(s.vectors, matmul(transpose(s.vectors), b) * unsqueeze(inverse, 1));
}

Tensor spectral(const Tensor& k, const Tensor& cross, const Tensor& x, const SsgeOptions& options,
                SsgeInfo& info) {
  const Tensor b = kernel_gradients(k, x, info.sigma);
  const Spectrum s = leading_eigenpairs(k, options, info);
  // At the samples K U = U Lambda takes one power and the product with K away.
  if (!cross.defined() && options.eta.value_or(0) == 0) return -coefficients(s, b, 1);
  return -matmul(cross.defined() ? cross : k, coefficients(s, b, 2));
}

Tensor stein(const Tensor& k, const Tensor& x, const SsgeOptions& options, SsgeInfo& info) {
  const Tensor ridge = eye(x.size(0), x.dtype(), x.device()) * options.eta.value_or(0.01);
  info.J = x.size(0);
  return -linalg::cholesky_solve(linalg::cholesky(k + ridge), kernel_gradients(k, x, info.sigma));
}

/// Of samples that are equal, or so close that their squared distances vanish.
Tensor zero_scores(const Tensor& x, const Tensor& q, SsgeInfo& info) {
  info.sigma = 0;
  info.degenerate = true;
  info.J = 1;
  return zeros_like(q.defined() ? q : x);
}

/// Scores at q, or at x where q is undefined, of centred and perhaps whitened samples.
Tensor estimate(const Tensor& x, const Tensor& q, const SsgeOptions& options, SsgeInfo& info) {
  const int64_t m = x.size(0);
  const bool stacked = q.defined() && options.query_bandwidth == QueryBandwidth::stacked;
  const Tensor all = squared_distances(stacked ? concat({x, q}) : x);
  info.sigma = choose_sigma(all, options);
  if (info.sigma == 0) return zero_scores(x, q, info);
  if (options.estimator == MigeEstimator::nu_method) {
    info.J = m;
    return nu_method(x, q, info.sigma, options.nu_iterations);
  }
  const Tensor within = stacked ? slice(slice(all, 0, 0, m), 1, 0, m) : all;
  const Tensor k = gaussian(within, info.sigma);
  if (options.estimator == MigeEstimator::stein) return stein(k, x, options, info);
  Tensor cross;
  if (q.defined()) cross = stacked ? slice(slice(all, 0, m), 1, 0, m) : squared_distances(q, x);
  return spectral(k, q.defined() ? gaussian(cross, info.sigma) : Tensor(), x, options, info);
}

/// Of centred samples: the columns with a variance.
std::vector<int64_t> varying_columns(const Tensor& x) {
  const auto variances = mean(square(x), {0}).to(cpu).to(DType::f64).to_vector<double>();
  std::vector<int64_t> varying;
  for (size_t i = 0; i < variances.size(); ++i)
    if (variances[i] != 0) varying.push_back(static_cast<int64_t>(i));
  return varying;
}

/// Estimates between whitening and its inverse, where the options ask for that.
Tensor run(std::string_view op, const Tensor& samples, const Tensor& points, const SsgeOptions& options,
           SsgeInfo& info) {
  const NoGrad no_grad;
  info = {};
  const Centred c = centre(samples, points, options);
  const std::vector<int64_t> varying = varying_columns(c.x);
  info.constant = c.x.size(1) - std::ssize(varying);
  if (varying.empty()) return zero_scores(c.x, c.q, info);
  if (!whitens(options)) return estimate(c.x, c.q, options, info);
  const Whitening whitening(op, c.x, varying, options);
  const Tensor white_q = c.q.defined() ? whitening.apply(c.q) : Tensor();
  return whitening.scores_of_x(estimate(whitening.apply(c.x), white_q, options, info));
}

void check_options(std::string_view op, const SsgeOptions& o, int64_t m) {
  check<ValueError>(o.tau > 0 && o.tau <= 1, "{}: tau = {} is not in (0, 1]", op, o.tau);
  check<ValueError>(o.n_eigen >= 0 && o.n_eigen <= m,
                    "{}: n_eigen = {} with {} samples; 0 lets tau decide, else 1 .. {}", op, o.n_eigen, m, m);
  check<ValueError>(o.eta.value_or(0) >= 0, "{}: eta = {} is negative", op, o.eta.value_or(0));
  check<ValueError>(o.bandwidth != MigeBandwidth::fixed || o.sigma > 0,
                    "{}: a fixed bandwidth needs sigma > 0, found {}", op, o.sigma);
  check<ValueError>(o.nu_iterations >= 1, "{}: nu_iterations = {}, at least 1 is needed", op,
                    o.nu_iterations);
}

}  // namespace

void check_samples(std::string_view op, std::string_view argument, const Tensor& x,
                   const SsgeOptions& options) {
  check_defined(op, argument, x);
  check_floating(op, argument, x);
  if (x.rank() != 2)
    fail<ShapeError>("{}: {} is {}, but samples [M, d] are needed; flatten(x, 1) makes rows of images", op,
                     argument, describe(x));
  if (x.size(0) < 2 || x.size(1) < 1)
    fail<ShapeError>("{}: {} is {}, but at least two samples of one dimension are needed", op, argument,
                     describe(x));
  check_options(op, options, x.size(0));
  check_finite(op, argument, x);
}

void check_finite(std::string_view op, std::string_view argument, const Tensor& x) {
  const NoGrad no_grad;
  if (!x.device().is_cpu()) return late::check_finite(op, argument, ConstView(x.detach()), x.device());
  if (all(isfinite(x.detach())).item() == 0)
    fail<ValueError>("{}: {} {} holds an entry that is not finite", op, argument, describe(x));
}

Tensor scores(std::string_view op, const Tensor& x, const SsgeOptions& options, SsgeInfo& info) {
  const NoGrad no_grad;
  const Tensor result = run(op, x, {}, options, info);
  const int64_t varying = std::max<int64_t>(x.size(1) - info.constant, 1);
  info.stein = mean_product(result, x.detach().to(result.dtype())).item() / static_cast<double>(varying);
  return result;
}

Tensor scores_at(std::string_view op, const Tensor& x, const Tensor& q, const SsgeOptions& options,
                 SsgeInfo& info) {
  check<NotImplemented>(options.estimator != MigeEstimator::stein,
                        "{}: the stein estimator is defined at the samples only; use ssge", op);
  return run(op, x, q, options, info);
}

Tensor mean_product(const Tensor& score, const Tensor& x) {
  return sum(score.detach().to(x.dtype()) * x) / static_cast<double>(x.size(0));
}

}  // namespace infograd::losses::ssge
