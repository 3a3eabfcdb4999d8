// Private: which bins of a histogram a value belongs to, how strongly, and how that changes with the value.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

#include <infograd/backends/args.h>
#include <infograd/backends/cubic_bspline.h>
#include <infograd/backends/host_device.h>

namespace infograd {

/// Bins first .. first + count - 1, their weights (sum 1) and d weight / d x (sum 0).
struct ActiveBins {
  static constexpr size_t kMost = 65;  ///< gaussian: 2 ceil(8 * 4) + 1
  int first = 0, count = 0;
  std::array<double, kMost> weight, slope;

  void set(int k, double w, double s) {
    weight[static_cast<size_t>(k)] = w;
    slope[static_cast<size_t>(k)] = s;
  }
};

/// A value as a coordinate u among the bin centres 0 .. N - 1, with du / dx: right derivative at kinks, left
/// derivative at hi, 0 outside [lo, hi]. NaN counts as lo.
struct BinCoordinate {
  double u, slope;
};

INFOGRAD_HD inline BinCoordinate bin_coordinate(const FuzzyBins& bins, double x) {
  const double last = bins.count - 1, inverse = 1 / (bins.hi - bins.lo);
  double v = (x - bins.lo) * inverse;
  v = v > 0 ? v : 0;  // written so that NaN gives 0
  v = v < 1 ? v : 1;
  const double slope = x >= bins.lo && x <= bins.hi ? inverse : 0;
  if (bins.membership == Membership::triangular_cell) {
    const double u = v * bins.count - 0.5;
    return {std::clamp(u, 0.0, last), u >= 0 && u < last ? slope * bins.count : 0};
  }
  if (bins.membership == Membership::cubic_bspline) {
    const double inner = last - 2 * bins.pad;
    return {bins.pad + v * inner, slope * inner};
  }
  return {v * last, slope * last};
}

/// The membership of the family, or with `crisp` that of the nearest centre at the same coordinate.
inline void active_bins(const FuzzyBins& bins, bool crisp, double x, ActiveBins& out) {
  const auto [u, slope] = bin_coordinate(bins, x);
  const int last = bins.count - 1;
  if (crisp || bins.membership == Membership::crisp) {
    out.first = std::min(static_cast<int>(u + 0.5), last);
    out.count = 1;
    out.set(0, 1, 0);
  } else if (bins.membership == Membership::gaussian) {
    const double reach = std::ceil(8 * bins.sigma), s2 = bins.sigma * bins.sigma;
    out.first = std::max(0, static_cast<int>(std::ceil(u - reach)));
    out.count = std::min(last, static_cast<int>(u + reach)) - out.first + 1;
    double sum = 0, moment = 0;
    for (int k = 0; k < out.count; ++k) {
      const double distance = out.first + k - u, e = std::exp(-distance * distance / (2 * s2));
      out.set(k, e, 0);
      sum += e;
      moment += distance * e;
    }
    for (int k = 0; k < out.count; ++k) {
      const double a = out.weight[static_cast<size_t>(k)] / sum, distance = out.first + k - u;
      out.set(k, a, slope * a * (distance - moment / sum) / s2);
    }
  } else if (bins.membership == Membership::cubic_bspline) {
    const int k = std::min(static_cast<int>(u), last - 1 - bins.pad);
    const std::array<double, 4> weight = cubic_bspline(u - k), change = cubic_bspline_slope(u - k);
    out.first = k - 1;
    out.count = 4;
    for (int l = 0; l < 4; ++l)
      out.set(l, weight[static_cast<size_t>(l)], slope * change[static_cast<size_t>(l)]);
  } else {
    out.first = std::min(static_cast<int>(u), last - 1);
    out.count = 2;
    out.set(0, 1 - (u - out.first), -slope);
    out.set(1, u - out.first, slope);
  }
}

}  // namespace infograd
