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

// In bandwidths: how far the grid goes beyond the outermost samples, and where the kernel is below rounding.
constexpr double kMargin = 4, kReach = 8.5;

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

/// Where -q log2 q is summed: equidistant points that begin `before` the lowest sample, and `ratio` bins to a
/// step, so that distances from bins to points are those of one table.
struct Grid {
  double lowest, before, step;
  int64_t points, ratio;

  int64_t bins() const { return (points - 1) * ratio + 1; }
  double width() const { return step / static_cast<double>(ratio); }
};

/// Every sample counted in two neighbouring bins.
std::vector<double> binned(std::span<const double> samples, const Grid& grid) {
  std::vector<double> counts(static_cast<size_t>(grid.bins() + 1), 0.0);
  for (const double y : samples) {
    const double at = (y - grid.lowest + grid.before) / grid.width();
    const auto bin = static_cast<int64_t>(at);
    const double share = at - static_cast<double>(bin);
    counts[static_cast<size_t>(bin)] += 1 - share;
    counts[static_cast<size_t>(bin + 1)] += share;
  }
  return counts;
}

/// What `samples`, some of `n` or all, add to the entropy, in bits; h: the bandwidth.
double bits_along(const Grid& grid, std::span<const double> samples, double h, double n) {
  const std::vector<double> counts = binned(samples, grid);
  const int64_t bins = grid.bins();
  const int64_t reach = std::min(bins - 1, static_cast<int64_t>(kReach * h / grid.width()) + 1);
  std::vector<double> kernel;
  const double scale = 1 / (h * std::sqrt(2 * std::acos(-1.0)) * n);
  for (int64_t i = 0; i <= reach; ++i) {
    const double z = static_cast<double>(i) * grid.width() / h;
    kernel.push_back(scale * std::exp(-0.5 * z * z));
  }
  double total = 0;
  for (int64_t g = 0; g < grid.points; ++g) {
    const int64_t centre = g * grid.ratio, first = std::max<int64_t>(0, centre - reach),
                  last = std::min(bins - 1, centre + reach);
    double q = 0;
    for (int64_t b = first; b <= last; ++b)
      q += counts[static_cast<size_t>(b)] * kernel[static_cast<size_t>(std::abs(b - centre))];
    if (q > 0) total -= q * std::log2(q);
  }
  return total * grid.step;
}

double entropy_bits(std::span<const double> samples, int64_t points) {
  const auto [low, high] = std::minmax_element(samples.begin(), samples.end());
  check<ValueError>(*high > *low, "kde_entropy_bits: all samples of a row are {}", *low);
  const double h = bandwidth(samples), n = static_cast<double>(samples.size());
  check<ValueError>(std::isfinite(h), "kde_entropy_bits: the spread of a row, {} to {}, overflows; scale it",
                    *low, *high);
  const double margin = kMargin * h, step = (*high - *low + 2 * margin) / static_cast<double>(points - 1);
  if (step <= h) return bits_along({*low, margin, step, points, 4096 / (points - 1) + 1}, samples, h, n);
  // Outliers stretch the grid until it misses the kernels: groups of samples out of each other's reach get
  // grids of their own.
  std::vector<double> sorted(samples.begin(), samples.end());
  std::sort(sorted.begin(), sorted.end());
  double total = 0;
  for (size_t begin = 0, end = 0; begin < sorted.size(); begin = end) {
    for (end = begin + 1; end < sorted.size() && sorted[end] - sorted[end - 1] <= 2 * kReach * h;) ++end;
    const double length = (sorted[end - 1] - sorted[begin]) / h + 2 * kMargin;  // bandwidths
    const Grid grid{sorted[begin], margin, h / 2, static_cast<int64_t>(2 * length) + 2, 32};
    total += bits_along(grid, std::span(sorted).subspan(begin, end - begin), h, n);
  }
  return total;
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
