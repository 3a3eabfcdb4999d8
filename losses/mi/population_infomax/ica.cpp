#include <cmath>

#include <infograd/autograd/grad_mode.h>
#include <infograd/core/check.h>
#include <infograd/losses/mi/population_infomax/ica.h>
#include <infograd/losses/mi/population_infomax/orthonormal.h>
#include <infograd/losses/mi/population_infomax/sums.h>
#include <infograd/losses/mi/population_infomax/trace.h>
#include <infograd/ops/creation.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/index.h>
#include <infograd/ops/inplace.h>
#include <infograd/ops/matmul.h>
#include <infograd/ops/random_ops.h>
#include <infograd/ops/reduce.h>
#include <infograd/ops/shape_ops.h>

namespace infograd::losses {
namespace {

/// C (C^T C)^(-1/2).
Tensor orthonormal_columns(const Tensor& c) {
  return transpose(polar(transpose(c))).contiguous();
}

void check_samples(const char* op, const Tensor& x) {
  check_defined(op, "x_hat", x);
  check<ShapeError>(x.rank() == 2 && x.size(0) >= 1 && x.size(1) >= 2,
                    "{}: x_hat [K0, M] with two samples or more needed, found {}", op, describe(x));
  check<DTypeError>(x.dtype() == DType::f64 || x.dtype() == DType::f32, "{}: x_hat {} must be f64 or f32", op,
                    describe(x));
  check<ValueError>(all(isfinite(x)).item() != 0, "{}: x_hat {} holds a value that is not finite", op,
                    describe(x));
}

/// `given`, or standard normals made orthonormal; [k0, k1] with k1 <= k0.
Tensor start(const char* op, const Tensor& x, const Tensor& given, int64_t k1, Generator& generator) {
  const Shape shape{x.size(0), k1};
  check<ValueError>(k1 >= 1 && k1 <= x.size(0), "{}: {} components of {} dimensions", op, k1, x.size(0));
  if (!given.defined()) {
    const Tensor draw = rand_normal(shape, 0, 1, DType::f64, generator);
    return k1 == x.size(0) ? gs_rows(draw) : gs_cols(draw);
  }
  check<ShapeError>(given.dtype() == DType::f64 && given.shape() == shape,
                    "{}: initial_c f64 {} needed, found {}", op, shape, describe(given));
  check<ValueError>(all(isfinite(given)).item() != 0, "{}: initial_c holds a value that is not finite", op);
  return given.detach().to(cpu);
}

}  // namespace

IcaResult infomax_ica(const Tensor& x_hat, const InfomaxIcaOptions& options) {
  const NoGrad no_grad;
  check<ValueError>(options.epochs >= 1 && options.batch >= 1 && options.first_lr > 0 && options.last_lr > 0,
                    "infomax_ica: epochs {}, batch {}, first_lr {} and last_lr {} must be positive",
                    options.epochs, options.batch, options.first_lr, options.last_lr);
  NpiTrace::check_options("infomax_ica", options.trace_every, options.trace_samples);
  check_samples("infomax_ica", x_hat);
  Generator generator(options.seed);
  Tensor w = transpose(start("infomax_ica", x_hat, options.initial_c, x_hat.size(0), generator)).contiguous();
  const int64_t m = x_hat.size(1);
  check<ValueError>(options.batch <= m, "infomax_ica: batches of {} of {} samples", options.batch, m);
  const Tensor samples = transpose(x_hat.detach().to(cpu).to(DType::f64)).contiguous();  // a row each
  IcaResult result;
  NpiTrace trace(x_hat, options.trace_every, options.trace_samples);
  const auto record = [&](int epoch, double lr) {
    NpiEpoch entry{.epoch = epoch, .evaluations = epoch, .beta = options.beta, .v = lr};
    trace.measure(entry, transpose(w), 1, epoch == options.epochs);
    result.history.push_back(entry);
  };
  record(0, options.first_lr);
  const double beta = options.beta, share = 1 / static_cast<double>(options.batch);
  for (int epoch = 1; epoch <= options.epochs; ++epoch) {
    const double done = options.epochs > 1 ? (epoch - 1.0) / (options.epochs - 1.0) : 0;
    const double lr = options.first_lr * std::pow(options.last_lr / options.first_lr, done);
    const Tensor order = rand_permutation(m, generator);
    for (int64_t at = 0; at + options.batch <= m; at += options.batch) {
      const Tensor x = index_select(samples, 0, slice(order, 0, at, at + options.batch));
      const Tensor u = linear(x, w);  // [batch, K]
      const Tensor score = tanh(u * (beta / 2)) * (beta * share);
      add_(w, w - matmul(matmul(transpose(score), u), w), lr);
    }
    check<ValueError>(all(isfinite(w)).item() != 0,
                      "infomax_ica: the weights are not finite after epoch {}; lower first_lr, now {}", epoch,
                      options.first_lr);
    record(epoch, lr);
  }
  result.c = transpose(w).contiguous();
  return result;
}

IcaResult fast_ica(const Tensor& x_hat, const FastIcaOptions& options) {
  const NoGrad no_grad;
  check<ValueError>(options.max_iterations >= 1 && options.tolerance > 0,
                    "fast_ica: max_iterations {} and tolerance {} must be positive", options.max_iterations,
                    options.tolerance);
  NpiTrace::check_options("fast_ica", options.trace_every, options.trace_samples);
  check_samples("fast_ica", x_hat);
  Generator generator(options.seed);
  const int64_t k1 = options.n_filters > 0 ? options.n_filters : x_hat.size(0);
  IcaResult result{.c = orthonormal_columns(start("fast_ica", x_hat, options.initial_c, k1, generator))};
  NpiTrace trace(x_hat, options.trace_every, options.trace_samples);
  const auto record = [&](int epoch) {
    NpiEpoch entry{.epoch = epoch, .evaluations = epoch, .beta = 1.81};
    trace.measure(entry, result.c, 1, result.converged || epoch == options.max_iterations);
    result.history.push_back(entry);
  };
  record(0);
  for (int epoch = 1; epoch <= options.max_iterations && !result.converged; ++epoch) {
    // With beta = 2 the population's weight is -2 tanh(y) and its phi (1 - tanh^2 y) / 2.
    const PopulationSums sums = population_sums(result.c.to(x_hat.dtype()).to(x_hat.device()), x_hat,
                                                {.beta = 2, .a = 1}, SlopeOf::log_phi);
    const Tensor next = orthonormal_columns(sums.products * -0.5 - result.c * (sums.phi * 2));
    const Tensor agreement = abs(sum(next * result.c, {0}));
    result.converged = max(abs(1 - agreement)).item() < options.tolerance;
    result.c = next;
    record(epoch);
  }
  return result;
}

}  // namespace infograd::losses
