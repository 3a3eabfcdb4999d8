#include <algorithm>
#include <cmath>
#include <vector>

#include <infograd/core/check.h>
#include <infograd/losses/mi/mige/ssge_kernel.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/matmul.h>
#include <infograd/ops/reduce.h>

namespace infograd::losses::ssge {

namespace {

/// The k-th largest, counted from 1. Reorders.
template <class T>
T kth_largest(std::vector<T>& values, size_t k) {
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(k - 1);
  std::nth_element(values.begin(), at, values.end(), std::greater<>());
  return *at;
}

/// Of distances given as squares.
template <class T>
double median(std::vector<T>& squares) {
  const size_t half = squares.size() / 2;
  const double upper = std::sqrt(kth_largest(squares, half + 1));
  if (squares.size() % 2 == 1) return upper;
  return (std::sqrt(*std::min_element(squares.begin(), squares.begin() + static_cast<std::ptrdiff_t>(half))) +
          upper) /
         2;
}

template <class T>
double sigma_of(std::vector<T> squared, int64_t m, MigeBandwidth rule) {
  // Unordered pairs, moved to the front.
  size_t pairs = 0;
  for (int64_t i = 0; i < m; ++i)
    for (int64_t j = i + 1; j < m; ++j) squared[pairs++] = squared[static_cast<size_t>(i * m + j)];
  squared.resize(pairs);
  // Whitening may part equal samples by a rounding error.
  const T eps = std::numeric_limits<T>::epsilon() * 64;
  const T longest = *std::max_element(squared.begin(), squared.end()), zero = longest * eps * eps;
  check<ValueError>(std::isfinite(longest),
                    "ssge: squared distances of {} samples overflow their type; scale the samples", m);

  double sigma = 0;
  if (rule == MigeBandwidth::offdiag_median) {
    sigma = median(squared);
  } else {
    const int64_t k = m * m / 2;  // among ordered pairs, each distance twice
    sigma = std::sqrt(kth_largest(squared, static_cast<size_t>((k + 1) / 2)));
  }
  if (sigma * sigma > zero) return sigma;
  std::erase_if(squared, [=](T d) { return d <= zero; });
  return squared.empty() ? 0 : median(squared);
}

}  // namespace

double choose_sigma(const Tensor& squared, const SsgeOptions& options) {
  if (options.bandwidth == MigeBandwidth::fixed) return options.sigma;
  const Tensor host = squared.to(cpu);
  if (host.dtype() == DType::f64) return sigma_of(host.to_vector<double>(), host.size(0), options.bandwidth);
  return sigma_of(host.to_vector<float>(), host.size(0), options.bandwidth);
}

Tensor gaussian(const Tensor& squared, double sigma) {
  return exp(squared * (-1 / (2 * sigma * sigma)));
}

Tensor kernel_gradients(const Tensor& k, const Tensor& x, double sigma) {
  return (sum(k, {1}, true) * x - matmul(k, x)) / (sigma * sigma);
}

}  // namespace infograd::losses::ssge
