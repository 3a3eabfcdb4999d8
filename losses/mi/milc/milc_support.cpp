#include <cmath>

#include <infograd/core/check.h>
#include <infograd/losses/classification/checks.h>
#include <infograd/losses/mi/milc/milc_support.h>
#include <infograd/ops/constant.h>
#include <infograd/ops/creation.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/reduce.h>
#include <infograd/ops/shape_ops.h>

namespace infograd::losses {
namespace {

std::vector<double> checked_prior(std::string_view op, const Tensor& prior,
                                  const std::vector<int64_t>& counts) {
  const std::vector<double> p = prior.detach().to(DType::f64).to_vector<double>();
  double total = 0;
  for (size_t c = 0; c < p.size(); ++c) {
    check<ValueError>(p[c] >= 0, "{}: prior {} of class {} is not a probability", op, p[c], c);
    check<ValueError>(p[c] > 0 || counts[c] == 0, "{}: prior 0 of class {}, which occurs {} times", op, c,
                      counts[c]);
    total += p[c];
  }
  check<ValueError>(std::abs(total - 1) <= 1e-6, "{}: the prior sums to {}, not to 1", op, total);
  return p;
}

}  // namespace

void check_milc_options(std::string_view op, const MilcOptions& options, int64_t classes) {
  check_weight(op, "lambda", options.lambda);
  check<ValueError>(options.ema_decay >= 0 && options.ema_decay < 1,
                    "{}: ema_decay {} is outside [0, 1): it is the weight of the old average", op,
                    options.ema_decay);
  check<ValueError>(options.form != MilcForm::joint || options.marginal == MilcMarginal::batch,
                    "{}: form joint has no moving average; use MilcMarginal::batch", op);
  if (options.target != MilcTarget::prior) return;
  check_defined(op, "prior", options.prior);
  check_floating(op, "prior", options.prior);
  check<ShapeError>(options.prior.shape() == Shape{classes}, "{}: prior {} for {} classes must be [{}]", op,
                    describe(options.prior), classes, classes);
}

double marginal_weight(const MilcOptions& options) {
  return options.form == MilcForm::c ? -1 : options.lambda;
}

std::vector<double> milc_target(std::string_view op, const MilcOptions& options,
                                const std::vector<int64_t>& counts) {
  switch (options.target) {
    case MilcTarget::prior:
      return checked_prior(op, options.prior, counts);
    case MilcTarget::uniform:
      return std::vector<double>(counts.size(), 1 / static_cast<double>(counts.size()));
    case MilcTarget::batch:
      break;
  }
  return frequencies(counts);
}

double entropy_of(const std::vector<double>& p) {
  double h = 0;
  for (const double x : p)
    if (x > 0) h -= x * std::log(x);
  return h;
}

std::vector<double> frequencies(const std::vector<int64_t>& counts) {
  double total = 0;
  for (const int64_t n : counts) total += static_cast<double>(n);
  std::vector<double> r(counts.begin(), counts.end());
  for (double& x : r) x /= total;
  return r;
}

Tensor classes_like(const std::vector<double>& values, const Tensor& like) {
  const Tensor host = from_data(values, {static_cast<int64_t>(values.size())}).to(like.dtype());
  return detail::constant_to(host, like.device());
}

Tensor log_add_exp(const Tensor& a, const Tensor& b) {
  return logsumexp(stack({a, b}), {0});
}

Tensor cross_entropy_of_marginal(const Tensor& target, const Tensor& log_marginal) {
  return neg(sum(target * masked_fill(log_marginal, eq(target, 0), 0)));
}

}  // namespace infograd::losses
