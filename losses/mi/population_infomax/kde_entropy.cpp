// Entropy of samples through a kernel density: counts in fine bins, smoothed by a table of the kernel.
#include <algorithm>
#include <cmath>
#include <span>

#include <infograd/autograd/grad_mode.h>
#include <infograd/core/check.h>
#include <infograd/core/parallel.h>
#include <infograd/losses/mi/population_infomax/measures.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/reduce.h>

namespace infograd::losses {
namespace {

/// Of the two middle values, the mean. Reorders.
double median(std::vector<double>& values) {
  const auto middle = values.begin() + std::ssize(values) / 2;
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 == 1) return *middle;
  return (*middle + *std::max_element(values.begin(), middle)) / 2;
}

double standard_deviation(std::span<const double> samples) {
  const auto n = static_cast<double>(samples.size());
  double mean = 0, squares = 0;
  for (const double y : samples) mean += y / n;
  for (const double y : samples) squares += (y - mean) * (y - mean);
  return std::sqrt(squares / (n - 1));
}

double bandwidth(std::span<const double> samples) {
  std::vector<double> work(samples.begin(), samples.end());
  const double centre = median(work);
  for (double& y : work) y = std::abs(y - centre);
  double scale = median(work) / 0.6745;
  if (scale == 0) scale = standard_deviation(samples);
  return scale * std::pow(4 / (3 * static_cast<double>(samples.size())), 0.2);
}

/// Bits. Bins lie `ratio` to a grid step, so that bin - grid point distances are those of one table.
double entropy_bits(std::span<const double> samples, int64_t grid) {
  const auto [low, high] = std::minmax_element(samples.begin(), samples.end());
  check<ValueError>(*high > *low, "kde_entropy_bits: all samples of a row are {}", *low);
  const double h = bandwidth(samples);
  const double start = *low - 4 * h, step = (*high - *low + 8 * h) / static_cast<double>(grid - 1);
  const int64_t ratio = 4096 / (grid - 1) + 1, bins = (grid - 1) * ratio + 1;
  const double width = step / static_cast<double>(ratio);
  std::vector<double> counts(static_cast<size_t>(bins + 1), 0.0);
  for (const double y : samples) {
    const double at = (y - start) / width;
    const auto bin = static_cast<int64_t>(at);
    const double share = at - static_cast<double>(bin);
    counts[static_cast<size_t>(bin)] += 1 - share;
    counts[static_cast<size_t>(bin + 1)] += share;
  }
  // Beyond 8.5 bandwidths the kernel is below rounding.
  const int64_t reach = std::min(bins - 1, static_cast<int64_t>(8.5 * h / width) + 1);
  std::vector<double> kernel;
  const double scale = 1 / (h * std::sqrt(2 * std::acos(-1.0)) * static_cast<double>(samples.size()));
  for (int64_t i = 0; i <= reach; ++i) {
    const double z = static_cast<double>(i) * width / h;
    kernel.push_back(scale * std::exp(-0.5 * z * z));
  }
  double total = 0;
  for (int64_t g = 0; g < grid; ++g) {
    const int64_t centre = g * ratio, first = std::max<int64_t>(0, centre - reach),
                  last = std::min(bins - 1, centre + reach);
    double q = 0;
    for (int64_t b = first; b <= last; ++b)
      q += counts[static_cast<size_t>(b)] * kernel[static_cast<size_t>(std::abs(b - centre))];
    if (q > 0) total -= q * std::log2(q);
  }
  return total * step;
}

}  // namespace

double kde_entropy_bits(const Tensor& samples, int64_t grid) {
  const NoGrad no_grad;
  check_defined("kde_entropy_bits", "samples", samples);
  check_floating("kde_entropy_bits", "samples", samples);
  check<ShapeError>(
      (samples.rank() == 1 || samples.rank() == 2) && samples.size(-1) >= 2 && samples.size(0) > 0,
      "kde_entropy_bits: [n] or [rows, n] with n >= 2 needed, found {}", describe(samples));
  check<ValueError>(all(isfinite(samples)).item() != 0,
                    "kde_entropy_bits: {} holds a value that is not finite", describe(samples));
  check<ValueError>(grid >= 2, "kde_entropy_bits: a grid of {} points; at least 2", grid);
  const int64_t n = samples.size(-1), rows = samples.numel() / n;
  const std::vector<double> values = samples.detach().to(cpu).to(DType::f64).to_vector<double>();
  std::vector<double> entropy(static_cast<size_t>(rows));
  parallel_for(rows, 1, [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r)
      entropy[static_cast<size_t>(r)] =
          entropy_bits(std::span(values).subspan(static_cast<size_t>(r * n), static_cast<size_t>(n)), grid);
  });
  double total = 0;
  for (const double bits : entropy) total += bits;
  return total / static_cast<double>(rows);
}

}  // namespace infograd::losses
