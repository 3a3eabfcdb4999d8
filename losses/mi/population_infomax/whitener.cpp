#include <cmath>

#include <infograd/autograd/grad_mode.h>
#include <infograd/core/check.h>
#include <infograd/losses/mi/population_infomax/whitener.h>
#include <infograd/ops/creation.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/index.h>
#include <infograd/ops/linalg.h>
#include <infograd/ops/matmul.h>
#include <infograd/ops/reduce.h>
#include <infograd/ops/shape_ops.h>

namespace infograd::losses {
namespace {

int64_t kept_dimensions(const std::vector<double>& values, double eps) {
  const auto k = static_cast<int64_t>(values.size());
  if (eps == 1) return k;
  double all = 0, kept = 0;
  for (const double value : values) all += value;
  for (int64_t i = 0; i < k; ++i) {
    kept += values[static_cast<size_t>(i)];
    if (std::sqrt(kept / all) >= eps) return i + 1;
  }
  return k;
}

/// Columns whose entry of largest magnitude is positive.
Tensor with_positive_peaks(const Tensor& columns) {
  const Tensor peak = argmax(abs(columns), 0, true);
  return columns * sign(gather(columns, 0, peak));
}

void check_data(const Tensor& data, const WhitenerOptions& options) {
  check_defined("fit_whitener", "data", data);
  check_floating("fit_whitener", "data", data);
  check<ShapeError>(
      data.rank() == 2 && data.size(0) >= 1 && data.size(1) >= 2,
      "fit_whitener: data [K, M] with two samples or more needed, found {}; samples are columns",
      describe(data));
  check<ValueError>(options.eps > 0 && options.eps <= 1, "fit_whitener: eps {} is outside (0, 1]",
                    options.eps);
  check<ValueError>(options.k0 >= 0 && options.k0 <= data.size(0),
                    "fit_whitener: k0 = {} of {} dimensions asked for", options.k0, data.size(0));
  check<ValueError>(all(isfinite(data)).item() != 0, "fit_whitener: data {} hold a value that is not finite",
                    describe(data));
}

}  // namespace

Whitener fit_whitener(const Tensor& data, const WhitenerOptions& options) {
  const NoGrad no_grad;
  check_data(data, options);
  const int64_t k = data.size(0);
  const Tensor x = data.detach().to(cpu).to(DType::f64);
  Whitener whitener{.mean = mean(x, {1}, true), .kind = options.kind};
  const Tensor centred = x - whitener.mean;
  const auto eigen =
      linalg::eigh(matmul(centred, transpose(centred)) * (1 / static_cast<double>(x.size(1) - 1)));
  const Tensor descending = arange(static_cast<double>(k - 1), -1.0, -1.0);
  whitener.values = index_select(eigen.values, 0, descending);
  whitener.vectors = with_positive_peaks(index_select(eigen.vectors, 1, descending));
  const auto values = whitener.values.to_vector<double>();
  whitener.k0 = options.k0 > 0 ? options.k0 : kept_dimensions(values, options.eps);
  check<ValueError>(options.kind == NpiWhitening::pca || whitener.k0 == k,
                    "fit_whitener: zca keeps all {} dimensions, but eps = {} and k0 = {} keep {}", k,
                    options.eps, options.k0, whitener.k0);
  const double least = values[static_cast<size_t>(whitener.k0 - 1)];
  check<ValueError>(least > 1e-12 * values[0],
                    "fit_whitener: the covariance is singular at K0 = {}: variances {} to {}; a lower eps "
                    "drops directions without variance",
                    whitener.k0, values[0], least);
  return whitener;
}

Tensor Whitener::scaled_basis(double power) const {
  const NoGrad no_grad;
  const Tensor kept = slice(vectors, 1, 0, k0);
  const Tensor scaled = kept * pow(slice(values, 0, 0, k0), power);
  return kind == NpiWhitening::zca ? matmul(scaled, transpose(kept)) : scaled;
}

Tensor Whitener::whiten(const Tensor& data) const {
  const NoGrad no_grad;
  check<ShapeError>(data.rank() == 2 && data.size(0) == mean.size(0),
                    "whiten: data {} do not fit a whitener of {} dimensions", describe(data), mean.size(0));
  return matmul(transpose(scaled_basis(-0.5)), data.detach().to(cpu).to(DType::f64) - mean);
}

}  // namespace infograd::losses
