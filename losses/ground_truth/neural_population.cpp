#include <algorithm>
#include <cmath>

#include <infograd/autograd/grad_mode.h>
#include <infograd/core/check.h>
#include <infograd/losses/ground_truth/neural_population.h>
#include <infograd/ops/creation.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/linalg.h>
#include <infograd/ops/matmul.h>
#include <infograd/ops/shape_ops.h>

namespace infograd::losses::ground_truth {
namespace {

/// Sigma J.
Tensor signal_to_noise(const LinearGaussianPopulation& p) {
  check<ShapeError>(p.sigma.rank() == 2 && p.filters.rank() == 2 && p.sigma.size(0) == p.sigma.size(1) &&
                        p.filters.size(0) == p.sigma.size(0) &&
                        p.filters.size(1) == static_cast<int64_t>(p.counts.size()),
                    "LinearGaussianPopulation: sigma {}, filters {} and {} counts do not fit",
                    describe(p.sigma), describe(p.filters), p.counts.size());
  check<ValueError>(p.noise > 0, "LinearGaussianPopulation: noise {} must be positive", p.noise);
  const Tensor counts = from_data(p.counts, {p.filters.size(1)});
  const Tensor fisher = matmul(p.filters * counts, transpose(p.filters)) * (1 / (p.noise * p.noise));
  return matmul(p.sigma, fisher);
}

double half_log_det(const Tensor& a) {
  return 0.5 * linalg::slogdet(a).logabsdet.item();
}

constexpr int kPoints = 6001;
constexpr double kEnd = 9;

/// Mean of f(x) over a standard normal x.
template <class F>
double normal_mean(F&& f) {
  const double step = 2 * kEnd / (kPoints - 1), scale = step / std::sqrt(2 * std::acos(-1.0));
  double total = 0;
  for (int i = 0; i < kPoints; ++i) {
    const double x = -kEnd + i * step;
    total += scale * std::exp(-0.5 * x * x) * f(x);
  }
  return total;
}

/// ln of the logistic function, finite however far out.
double log_logistic(double u) {
  return std::min(u, 0.0) - std::log1p(std::exp(-std::abs(u)));
}
/// ln of n g'(x)^2 with g = 2 sqrt(s^2 / 4) = s.
double log_fisher(const PoissonPopulation& p, double x) {
  const double u = p.beta * x, log_slope = std::log(p.beta) + log_logistic(u) + log_logistic(-u);
  return std::log(static_cast<double>(p.neurons)) + 2 * log_slope;
}

void check_population(const PoissonPopulation& p) {
  check<ValueError>(p.neurons >= 1 && p.beta > 0 && std::isfinite(p.beta),
                    "PoissonPopulation: {} neurons of slope {}; at least one, of a positive slope, needed",
                    p.neurons, p.beta);
}

}  // namespace

double LinearGaussianPopulation::information() const {
  const NoGrad no_grad;
  return half_log_det(signal_to_noise(*this) + eye(sigma.size(0), DType::f64));
}
double LinearGaussianPopulation::fisher_only() const {
  const NoGrad no_grad;
  return half_log_det(signal_to_noise(*this));
}

double npi_linear_optimum(int64_t k0, double n) {
  check<ValueError>(k0 >= 1 && n >= 0, "npi_linear_optimum: k0 {} and n {}; at least 1 and 0 needed", k0, n);
  const auto k = static_cast<double>(k0);
  return k / 2 * std::log1p(n / k);
}

double PoissonPopulation::asymptotic() const {
  check_population(*this);
  return 0.5 * normal_mean([&](double x) { return std::log1p(std::exp(log_fisher(*this, x))); });
}
double PoissonPopulation::fisher_only() const {
  check_population(*this);
  return 0.5 * normal_mean([&](double x) { return log_fisher(*this, x); });
}

double PoissonPopulation::exact() const {
  check_population(*this);
  // H(count) - H(count | x), one count at a time: only the marginal needs all x.
  const auto n = static_cast<double>(neurons);
  const double step = 2 * kEnd / (kPoints - 1), scale = step / std::sqrt(2 * std::acos(-1.0));
  const auto counts = static_cast<int64_t>(n / 4 + 12 * std::sqrt(n / 4) + 30);
  std::vector<double> log_rate, rate, weight;
  for (int i = 0; i < kPoints; ++i) {
    const double x = -kEnd + i * step;
    log_rate.push_back(std::log(n / 4) + 2 * log_logistic(beta * x));
    rate.push_back(std::exp(log_rate.back()));
    weight.push_back(scale * std::exp(-0.5 * x * x));
  }
  double information = 0;
  for (int64_t count = 0; count <= counts; ++count) {
    const auto k = static_cast<double>(count);
    const double log_factorial = std::lgamma(k + 1);
    double marginal = 0, conditional = 0;
    for (size_t i = 0; i < rate.size(); ++i) {
      const double log_p = k * log_rate[i] - rate[i] - log_factorial;
      if (log_p < -745) continue;
      const double p = weight[i] * std::exp(log_p);
      marginal += p;
      conditional += p * log_p;
    }
    if (marginal > 0) information += conditional - marginal * std::log(marginal);
  }
  return information;
}

}  // namespace infograd::losses::ground_truth
