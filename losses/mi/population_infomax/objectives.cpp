#include <algorithm>
#include <cmath>

#include <infograd/autograd/grad_mode.h>
#include <infograd/core/check.h>
#include <infograd/losses/mi/population_infomax/small_algebra.h>
#include <infograd/losses/mi/population_infomax/sums.h>
#include <infograd/ops/creation.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/inplace.h>
#include <infograd/ops/matmul.h>
#include <infograd/ops/reduce.h>
#include <infograd/ops/shape_ops.h>

namespace infograd::losses {
namespace {

enum class Form { square, wide };  // a square c takes a bias, too

void check_arguments(const char* op, const Tensor& c, const Tensor& x, const NpiPopulation& population,
                     Form form) {
  check_defined(op, "c", c);
  check_defined(op, "x_hat", x);
  check<DTypeError>(c.dtype() == DType::f64 && (x.dtype() == DType::f64 || x.dtype() == DType::f32),
                    "{}: c f64 and x_hat f64 or f32 needed, found {} and {}", op, describe(c), describe(x));
  check<ShapeError>(c.rank() == 2 && x.rank() == 2 && c.size(0) == x.size(0) && x.numel() > 0,
                    "{}: c [K0, K1] and x_hat [K0, M] needed, found {} and {}", op, describe(c), describe(x));
  check<ShapeError>(form == Form::square ? c.size(0) == c.size(1) : c.size(0) <= c.size(1),
                    "{}: c {} must {}", op, describe(c),
                    form == Form::square ? "be square" : "have as many columns as rows, or more");
  check<ValueError>(population.beta > 0 && population.a > 0 && population.chunk > 0,
                    "{}: beta {}, a {} and chunk {} must be positive", op, population.beta, population.a,
                    population.chunk);
  if (!population.bias.defined()) return;
  check<ValueError>(form == Form::square, "{}: takes no bias", op);
  check<ShapeError>(population.bias.dtype() == DType::f64 && population.bias.shape() == Shape{c.size(1)},
                    "{}: bias f64 [K1] needed, found {} beside c {}", op, describe(population.bias),
                    describe(c));
}

/// An infinite objective is a candidate to reject, unless c itself is the reason.
void check_regular(const char* op, double value, const Tensor& c) {
  check<ValueError>(std::isfinite(value) || std::isfinite(dual(c).log_volume), "{}: c {} is singular", op,
                    describe(c));
}

PopulationSums sums_of(const Tensor& c, const Tensor& x, const NpiPopulation& population, SlopeOf slope) {
  return population_sums(c.detach().to(x.dtype()).to(x.device()), x.detach(), population, slope);
}

}  // namespace

NpiValue npi_q1(const Tensor& c, const Tensor& x_hat, const NpiPopulation& population) {
  const NoGrad no_grad;
  check_arguments("npi_q1", c, x_hat, population, Form::square);
  const PopulationSums sums = sums_of(c, x_hat, population, SlopeOf::log_phi);
  return {-sum(sums.log_phi).item(), -sums.products, sums.tanh};
}

NpiValue npi_q2(const Tensor& c, const Tensor& x_hat, const NpiPopulation& population) {
  const NoGrad no_grad;
  check_arguments("npi_q2", c, x_hat, population, Form::square);
  const PopulationSums sums = sums_of(c, x_hat, population, SlopeOf::log_phi);
  const Dual inverse = dual(c.detach().to(cpu));
  check<ValueError>(std::isfinite(inverse.log_volume), "npi_q2: c {} is singular", describe(c));
  return {-sum(sums.log_phi).item() - inverse.log_volume, -sums.products - inverse.matrix, sums.tanh};
}

NpiValue npi_q_hat(const Tensor& c, const Tensor& x_hat, const NpiPopulation& population) {
  const NoGrad no_grad;
  check_arguments("npi_q_hat", c, x_hat, population, Form::wide);
  const PopulationSums sums = sums_of(c, x_hat, population, SlopeOf::phi);
  const Tensor host = c.detach().to(cpu), d = sums.phi;
  const WeightedGram gram = weighted_gram(host, d);
  check_regular("npi_q_hat", gram.log_det.item(), host);
  const Tensor share = d * sum(host * gram.inverse_on_c, {0});  // d_k c_k^T A_k
  return {-0.5 * gram.log_det.item(), -(square(d) * gram.inverse_on_c + share * sums.products)};
}

NpiValue npi_q_canonical(const Tensor& c, const Tensor& x_hat, const NpiPopulation& population) {
  const NoGrad no_grad;
  check_arguments("npi_q_canonical", c, x_hat, population, Form::wide);
  const int64_t k0 = c.size(0), k1 = c.size(1), m = x_hat.size(1);
  if (k0 == k1) {  // det(c Phi^2 c^T) = det(c)^2 det(Phi)^2
    NpiValue value = npi_q2(c, x_hat, population);
    return {value.value, value.gradient};
  }
  const double beta = population.beta;
  const int64_t chunk = std::clamp<int64_t>((int64_t{1} << 20) / (k0 * k1), 1, m);
  const Tensor host = c.detach().to(cpu);
  NpiValue result{0, zeros(host.shape(), DType::f64)};
  for (int64_t at = 0; at < m; at += chunk) {
    const Tensor x = slice(x_hat.detach(), 1, at, at + chunk).to(cpu).to(DType::f64);
    const Tensor u = matmul(transpose(x), host) * beta;  // [n, K1]
    const Tensor size = abs(u), log_phi = std::log(beta / population.a) - size - 2 * softplus(-size);
    const Tensor top = max(log_phi, {1}, true);  // a common factor of phi cancels in the gradient
    const Tensor phi = exp(log_phi - top);
    const WeightedGram gram = weighted_gram(host, phi);
    const Tensor share = square(phi) * sum(host * gram.inverse_on_c, {1});  // phi_k^2 c_k^T A_k
    const Tensor omega = share * tanh(u * 0.5) * -beta;                     // phi_k phi'_k c_k^T A_k
    result.value += sum(gram.log_det).item() + 2 * static_cast<double>(k0) * sum(top).item();
    add_(result.gradient, sum(gram.inverse_on_c * unsqueeze(square(phi), 1), {0}) + matmul(x, omega));
  }
  check_regular("npi_q_canonical", result.value, host);
  const double mean = 1 / static_cast<double>(m);
  return {-0.5 * mean * result.value, result.gradient * -mean};
}

}  // namespace infograd::losses
