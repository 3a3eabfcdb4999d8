#include <cmath>

#include <infograd/autograd/grad_mode.h>
#include <infograd/autograd/record.h>
#include <infograd/core/check.h>
#include <infograd/losses/mi/mige/mige.h>
#include <infograd/losses/mi/mige/random_projection.h>
#include <infograd/losses/mi/mige/ssge_scores.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/matmul.h>
#include <infograd/ops/reduce.h>
#include <infograd/ops/shape_ops.h>

namespace infograd::losses {

using ssge::mean_product;

namespace {

double root_mean_square_deviation(const Tensor& x) {
  const NoGrad no_grad;
  return std::sqrt(mean(var(x.detach().to(DType::f64), {0}, 0)).item());
}

/// x over its root mean square deviation, which is held constant; a constant block is left alone.
Tensor standardised(const Tensor& x) {
  const double scale = root_mean_square_deviation(x);
  return scale > 0 ? x / scale : x;
}

void check_pair(const Tensor& x, const Tensor& z, const MigeOptions& options) {
  ssge::check_samples("mige_mi", "x", x, options.score);
  ssge::check_samples("mige_mi", "z", z, options.score);
  check_same("mige_mi", x, z);
  if (x.size(0) != z.size(0))
    fail<ShapeError>("mige_mi: x {} and z {} need one row per pair each", describe(x), describe(z));
  check<ValueError>(options.rp_dim >= 0 && options.rp_dim <= x.size(1),
                    "mige_mi: rp_dim = {} with x of width {}; 0 switches the projection off", options.rp_dim,
                    x.size(1));
}

}  // namespace

Tensor mige_entropy(const Tensor& y, const SsgeOptions& options, SsgeInfo* info) {
  ssge::check_samples("mige_entropy", "y", y, options);
  SsgeInfo ignored;
  return -mean_product(ssge::scores("mige_entropy", y, options, info != nullptr ? *info : ignored), y);
}

MigeResult mige_mi(const Tensor& x, const Tensor& z, const MigeOptions& options) {
  check_pair(x, z, options);
  Tensor a = options.rp_dim > 0 ? linear(x, random_projection(x, options)) : x, b = z;
  if (options.standardise_blocks) a = standardised(a), b = standardised(b);
  const bool of_x = options.x_marginal == XMarginal::always ||
                    (options.x_marginal == XMarginal::automatic && x.requires_grad());

  MigeResult result;
  Tensor at_a, at_b;  // joint minus marginal scores
  {
    const NoGrad no_grad;
    const Tensor joint = concat({a.detach(), b.detach()}, 1);
    const Tensor score = ssge::scores("mige_mi", joint, options.score, result.joint);
    at_a = slice(score, 1, 0, a.size(1));
    at_b = slice(score, 1, a.size(1)) - ssge::scores("mige_mi", b, options.score, result.marginal_z);
    if (of_x) at_a = at_a - ssge::scores("mige_mi", a, options.score, result.marginal_x);
  }
  result.surrogate = mean_product(at_a, a) + mean_product(at_b, b);
  return result;
}

MigeResult mige_mi_gaussian(const Tensor& z, const Tensor& log_sigma, const MigeOptions& options) {
  ssge::check_samples("mige_mi_gaussian", "z", z, options.score);
  check_defined("mige_mi_gaussian", "log_sigma", log_sigma);
  check_same("mige_mi_gaussian", z, log_sigma);
  if (!(log_sigma.shape() == z.shape()))
    fail<ShapeError>("mige_mi_gaussian: log_sigma {} needs the shape of z {}: one value per coordinate",
                     describe(log_sigma), describe(z));
  ssge::check_finite("mige_mi_gaussian", "log_sigma", log_sigma);
  MigeResult result;
  const Tensor score = ssge::scores("mige_mi_gaussian", z, options.score, result.marginal_z);
  result.surrogate = -mean_product(score, z) - sum(log_sigma) / static_cast<double>(z.size(0));
  return result;
}

}  // namespace infograd::losses
