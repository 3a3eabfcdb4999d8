#include <cmath>

#include <infograd/autograd/grad_mode.h>
#include <infograd/backends/population_pass.h>
#include <infograd/backends/registry.h>
#include <infograd/losses/mi/population_infomax/sums.h>
#include <infograd/ops/creation.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/inplace.h>
#include <infograd/ops/matmul.h>
#include <infograd/ops/reduce.h>
#include <infograd/ops/shape_ops.h>

namespace infograd::losses {
namespace {

/// [3, K1] and [K0, K1]: sums over all samples.
struct Totals {
  Tensor moments, products;
};

Totals fused(const Tensor& c, const Tensor& x, const NpiPopulation& population, SlopeOf slope) {
  Totals totals{empty({3, c.size(1)}, DType::f64), empty(c.shape(), DType::f64)};
  const Tensor filters = c.contiguous(), data = x.contiguous();
  const Tensor bias = population.bias.defined() ? population.bias.contiguous() : Tensor();
  population_pass(
      {.filters = ConstView(filters),
       .data = ConstView(data),
       .bias = ConstView(bias),
       .beta = population.beta,
       .gain = population.beta / population.a,
       .weight = slope == SlopeOf::phi ? PopulationPass::Weight::slope : PopulationPass::Weight::log_slope,
       .chunk = population.chunk,
       .moments = View(totals.moments),
       .products = View(totals.products)});
  return totals;
}

/// The same from ops: what it means, and what other backends run.
Totals composed(const Tensor& c, const Tensor& x, const NpiPopulation& population, SlopeOf slope) {
  const double beta = population.beta, gain = beta / population.a;
  Totals totals{zeros({3, c.size(1)}, DType::f64, x.device()), zeros(c.shape(), DType::f64, x.device())};
  const auto total = [](const Tensor& rows) { return sum(rows.to(DType::f64), {1}); };
  for (int64_t at = 0; at < x.size(1); at += population.chunk) {
    const Tensor part = slice(x, 1, at, at + population.chunk);
    Tensor u = matmul(transpose(c), part) * beta;
    if (population.bias.defined()) u = u + unsqueeze(population.bias, 1).to(u.dtype()).to(u.device());
    const Tensor size = abs(u), t = tanh(u * 0.5), phi = gain * sigmoid(u) * sigmoid(-u);
    const Tensor log_phi = std::log(gain) - size - 2 * softplus(-size);
    const Tensor log_slope = t * -beta;
    add_(totals.moments, stack({total(log_phi), total(phi), total(t)}));
    const Tensor weight = slope == SlopeOf::phi ? phi * log_slope : log_slope;
    add_(totals.products, matmul(part, transpose(weight)).to(DType::f64));
  }
  return {totals.moments.to(cpu), totals.products.to(cpu)};
}

}  // namespace

PopulationSums population_sums(const Tensor& c, const Tensor& x_hat, const NpiPopulation& population,
                               SlopeOf slope) {
  const NoGrad no_grad;
  const bool host = backend_for(x_hat.device()).name() == "cpu";
  const Totals totals = (host ? fused : composed)(c, x_hat, population, slope);
  const double share = 1 / static_cast<double>(x_hat.size(1));
  const auto moment = [&](int64_t i) { return select(totals.moments, 0, i) * share; };
  return {moment(0), moment(1), moment(2), totals.products * share};
}

}  // namespace infograd::losses
