#include <cmath>

#include <infograd/autograd/grad_mode.h>
#include <infograd/core/check.h>
#include <infograd/losses/mi/population_infomax/orthonormal.h>
#include <infograd/losses/mi/population_infomax/population_infomax.h>
#include <infograd/losses/mi/population_infomax/small_algebra.h>
#include <infograd/losses/mi/population_infomax/solver.h>
#include <infograd/losses/mi/population_infomax/trace.h>
#include <infograd/ops/creation.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/matmul.h>
#include <infograd/ops/random_ops.h>
#include <infograd/ops/reduce.h>
#include <infograd/ops/shape_ops.h>

namespace infograd::losses {
namespace {

bool inside_unit(double x) {
  return x > 0 && x < 1;
}

NpiAlgorithm choose_algorithm(NpiAlgorithm asked, int64_t k0, int64_t k1) {
  check<ShapeError>(
      asked != NpiAlgorithm::complete || k0 == k1,
      "Npi: the complete algorithm needs as many filters as dimensions, found K1 = {} and K0 = {}", k1, k0);
  check<ShapeError>(asked != NpiAlgorithm::overcomplete || k0 <= k1,
                    "Npi: the overcomplete algorithm needs K1 >= K0, found K1 = {} and K0 = {}", k1, k0);
  if (asked != NpiAlgorithm::automatic) return asked;
  return k0 == k1 ? NpiAlgorithm::complete : NpiAlgorithm::overcomplete;
}

Tensor start_of(const NpiOptions& options, int64_t k0, int64_t k1) {
  const Tensor& given = options.initial_c;
  if (!given.defined()) {
    Generator generator(options.seed);
    return gs_rows(rand_normal({k0, k1}, 0, 1, DType::f64, generator));
  }
  check<DTypeError>(given.dtype() == DType::f64, "Npi: initial_c {} must be f64", describe(given));
  check<ShapeError>(given.shape() == Shape{k0, k1}, "Npi: initial_c {} where [{}, {}] is needed",
                    describe(given), k0, k1);
  const Tensor c = given.detach().to(cpu).contiguous();
  const Tensor gram = matmul(c, transpose(c));
  if (max(abs(gram - eye(k0, DType::f64))).item() <= 1e-12) return c;
  Tensor rows = gs_rows(c);
  // What orthonormalisation keeps of each row; a dependent row keeps rounding only.
  const Tensor kept = abs(sum(rows * c, {1})) / norm(c, 2, {1});
  check<ValueError>(min(kept).item() > 1e-10, "Npi: the rows of initial_c {} are linearly dependent",
                    describe(c));
  return rows;
}

/// Everything but what needs the original data. x_hat f64 [K0, M].
NpiResult solve(const Tensor& x_hat, const NpiOptions& options) {
  const int64_t k0 = x_hat.size(0), k1 = options.n_filters > 0 ? options.n_filters : k0;
  const NpiAlgorithm algorithm = choose_algorithm(options.algorithm, k0, k1);
  check<ValueError>(!options.learn_bias || algorithm == NpiAlgorithm::complete,
                    "Npi: learn_bias needs the complete algorithm, but K1 = {} and K0 = {} differ", k1, k0);
  NpiSolution found = npi_descend(x_hat.to(options.dtype).contiguous().to(options.device),
                                  start_of(options, k0, k1), algorithm, options);
  return {.c = found.c,
          .bias = found.bias,
          .k0 = k0,
          .a = std::sqrt(static_cast<double>(k1) / static_cast<double>(k0)),
          .beta = found.beta,
          .history = std::move(found.history),
          .converged = found.converged};
}

}  // namespace

Npi::Npi(const NpiOptions& options) : options_(options) {
  check<ValueError>(options.n_filters >= 0, "Npi: {} filters asked for", options.n_filters);
  check<ValueError>(inside_unit(options.v1) && inside_unit(options.tau),
                    "Npi: v1 {} and tau {} must lie inside (0, 1)", options.v1, options.tau);
  check<ValueError>(options.v_min > 0 && options.beta_unit > 0,
                    "Npi: v_min {} and beta_unit {} must be positive", options.v_min, options.beta_unit);
  check<ValueError>(options.t0 >= 0 && options.t0 <= options.t_max && options.t_max >= 1,
                    "Npi: t0 = {} epochs of phase 1 and t_max = {} of both", options.t0, options.t_max);
  check<ValueError>(options.chunk >= 1, "Npi: chunks of {} samples; at least 1", options.chunk);
  NpiTrace::check_options("Npi", options.trace_every, options.trace_samples);
  check<DTypeError>(options.dtype == DType::f64 || options.dtype == DType::f32,
                    "Npi: products are computed in f64 or f32, not in {}", name(options.dtype));
  const bool may_be_complete =
      options.algorithm == NpiAlgorithm::automatic || options.algorithm == NpiAlgorithm::complete;
  check<ValueError>(!options.learn_bias || may_be_complete, "Npi: learn_bias needs the complete algorithm");
}

NpiResult Npi::fit(const Tensor& data) const {
  const NoGrad no_grad;
  Whitener whitener =
      fit_whitener(data, {.eps = options_.eps, .k0 = options_.k0, .kind = options_.whitening});
  const bool may_lower =
      options_.algorithm != NpiAlgorithm::complete && options_.algorithm != NpiAlgorithm::overcomplete;
  if (may_lower && options_.n_filters > 0 && options_.n_filters < whitener.k0) {
    check<ValueError>(options_.whitening == NpiWhitening::pca, "Npi: {} filters of {} zca dimensions",
                      options_.n_filters, whitener.k0);
    whitener.k0 = options_.n_filters;
  }
  NpiResult result = solve(whitener.whiten(data), options_);
  result.filters = matmul(whitener.scaled_basis(-0.5), result.c) * result.a;
  result.bases = matmul(whitener.scaled_basis(0.5), dual(result.c).matrix) * (1 / result.a);
  result.display = whitener.kind == NpiWhitening::zca ? result.c : matmul(whitener.scaled_basis(0), result.c);
  result.whitener = std::move(whitener);
  return result;
}

NpiResult Npi::fit_whitened(const Tensor& x_hat) const {
  const NoGrad no_grad;
  check_defined("Npi::fit_whitened", "x_hat", x_hat);
  check_floating("Npi::fit_whitened", "x_hat", x_hat);
  check<ShapeError>(x_hat.rank() == 2 && x_hat.size(0) >= 1 && x_hat.size(1) >= 2,
                    "Npi::fit_whitened: x_hat [K0, M] with two samples or more needed, found {}",
                    describe(x_hat));
  check<ValueError>(all(isfinite(x_hat)).item() != 0,
                    "Npi::fit_whitened: x_hat {} holds a value that is not finite", describe(x_hat));
  const bool may_lower =
      options_.algorithm != NpiAlgorithm::complete && options_.algorithm != NpiAlgorithm::overcomplete;
  const int64_t k0 =
      may_lower && options_.n_filters > 0 ? std::min(options_.n_filters, x_hat.size(0)) : x_hat.size(0);
  NpiResult result = solve(slice(x_hat.detach(), 0, 0, k0).to(cpu).to(DType::f64), options_);
  result.filters = result.c * result.a;
  result.bases = dual(result.c).matrix * (1 / result.a);
  result.display = result.c;
  return result;
}

}  // namespace infograd::losses
