#include <algorithm>
#include <cmath>

#include <infograd/core/check.h>
#include <infograd/losses/ground_truth/binary_gaussian.h>
#include <infograd/losses/mi/milc/error_bounds.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/shape_ops.h>

namespace infograd::losses::ground_truth {
namespace {

constexpr double kLogTwo = 0.69314718055994530942;

void check_model(const BinaryGaussian& model) {
  check<ValueError>(model.d >= 0 && std::isfinite(model.d), "BinaryGaussian: d {} must be finite and >= 0",
                    model.d);
  check<ValueError>(model.q > 0 && model.q < 1, "BinaryGaussian: q {} is outside (0, 1)", model.q);
}

double binary_entropy(double p) {
  return fano_phi(p, 2);
}
double softplus_of(double u) {
  return std::max(u, 0.0) + std::log1p(std::exp(-std::abs(u)));
}
double normal_below(double x) {
  return std::erfc(-x / std::sqrt(2.0)) / 2;
}
/// E f(w), w standard normal, by the trapezoid rule, whose error vanishes faster than any power of the step.
template <class F>
double normal_mean(double step, F f) {
  const auto half = static_cast<int>(std::ceil(14 / step));
  double total = 0;
  for (int i = -half; i <= half; ++i) {
    const double w = i * step;
    total += f(w) * std::exp(-w * w / 2);
  }
  return total * step / std::sqrt(2 * std::acos(-1.0));
}

/// -E_Y log sum_y' P(y') e^(-[y' != Y] divergence): a bound on I, upper or lower by the divergence put in.
double mixture_bound(double q, double divergence) {
  const double far = std::exp(-divergence);
  return -q * std::log(q + (1 - q) * far) - (1 - q) * std::log(1 - q + q * far);
}

/// Solves sigma x = b for symmetric positive definite sigma [n, n] by its Cholesky factor; returns b^T x =
/// |L^-1 b|^2.
double quadratic_form(std::vector<double> sigma, std::vector<double> b) {
  const size_t n = b.size();
  double total = 0;
  for (size_t i = 0; i < n; ++i) {
    double* const row = &sigma[i * n];
    for (size_t j = 0; j <= i; ++j) {
      for (size_t k = 0; k < j; ++k) row[j] -= row[k] * sigma[j * n + k];
      if (j < i) row[j] /= sigma[j * n + j];
    }
    check<ValueError>(row[i] > 0 && std::isfinite(row[i]),
                      "BinaryGaussian::from: sigma is not positive definite (pivot {} is {})", i, row[i]);
    row[i] = std::sqrt(row[i]);
    for (size_t k = 0; k < i; ++k) b[i] -= row[k] * b[k];
    b[i] /= row[i];
    total += b[i] * b[i];
  }
  return total;
}

}  // namespace

BinaryGaussian BinaryGaussian::from(const Tensor& mu, const Tensor& sigma, double q) {
  check_defined("BinaryGaussian::from", "mu", mu);
  check_defined("BinaryGaussian::from", "sigma", sigma);
  check_floating("BinaryGaussian::from", "mu", mu);
  check_floating("BinaryGaussian::from", "sigma", sigma);
  check<ShapeError>(mu.rank() == 1 && mu.numel() > 0 && sigma.shape() == Shape{mu.numel(), mu.numel()},
                    "BinaryGaussian::from: mu {} and sigma {} must be [n] and [n, n]", describe(mu),
                    describe(sigma));
  const std::vector<double> covariance = sigma.detach().to(DType::f64).to_vector<double>();
  const auto n = static_cast<size_t>(mu.numel());
  for (size_t i = 0; i < n; ++i)
    for (size_t j = 0; j < i; ++j)
      check<ValueError>(covariance[i * n + j] == covariance[j * n + i],
                        "BinaryGaussian::from: sigma is not symmetric: {} at ({}, {}), {} at ({}, {})",
                        covariance[i * n + j], i, j, covariance[j * n + i], j, i);
  const BinaryGaussian model{
      .d = std::sqrt(quadratic_form(covariance, mu.detach().to(DType::f64).to_vector<double>())), .q = q};
  check_model(model);
  return model;
}

double BinaryGaussian::label_entropy() const {
  check_model(*this);
  return binary_entropy(q);
}

double BinaryGaussian::mutual_information() const {
  check_model(*this);
  if (d == 0) return 0;
  if (d > 40) return label_entropy();
  const double odds = std::log1p(-q) - std::log(q), step = std::min(0.05, 0.25 / d);
  const double up = normal_mean(step, [&](double w) { return softplus_of(odds - 2 * d * (w + d)); });
  const double down = normal_mean(step, [&](double w) { return softplus_of(-odds + 2 * d * (w - d)); });
  return label_entropy() - q * up - (1 - q) * down;
}

double BinaryGaussian::bayes_error() const {
  check_model(*this);
  if (d == 0) return std::min(q, 1 - q);
  const double threshold = (std::log1p(-q) - std::log(q)) / (2 * d);
  return q * normal_below(threshold - d) + (1 - q) * normal_below(-threshold - d);
}

BinaryGaussian::Bounds BinaryGaussian::bounds() const {
  const double entropy = label_entropy(), spread = 4 * q * (1 - q) * d * d, error = bayes_error();
  Bounds b{};
  b.ug = std::log1p(spread) / 2;
  b.uk = mixture_bound(q, 2 * d * d);
  b.uv = spread;
  b.uh = entropy - 2 * kLogTwo * error;
  b.lb = mixture_bound(q, d * d / 2);
  b.lr = (kLogTwo - 1) / 2 - std::log1p(2 * q * (1 - q) * std::expm1(-d * d));
  b.lf = entropy - binary_entropy(error);
  const double upper = std::min({b.ug, b.uk, entropy});
  b.pe_lb_exact = fano_phi_inverse(std::max(0.0, entropy - mutual_information()), 2);
  b.pe_lb_upper = fano_phi_inverse(std::max(0.0, entropy - upper), 2);
  return b;
}

Tensor BinaryGaussian::posterior_logits(const Tensor& t) const {
  check_model(*this);
  check_defined("BinaryGaussian::posterior_logits", "t", t);
  check_floating("BinaryGaussian::posterior_logits", "t", t);
  check<ShapeError>(t.rank() == 1, "BinaryGaussian::posterior_logits: t {} must be [N]", describe(t));
  return stack({affine(t, -d, std::log1p(-q)), affine(t, d, std::log(q))}, 1);
}

}  // namespace infograd::losses::ground_truth
