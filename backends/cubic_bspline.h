// Private: the uniform cubic B-spline, of fuzzy bins and of smooth displacement fields.
#pragma once

#include <array>

#include <infograd/backends/host_device.h>

namespace infograd {

/// Weights of the four splines that reach a point at fraction t in [0, 1] of its cell, in order. Sum 1.
INFOGRAD_HD inline std::array<double, 4> cubic_bspline(double t) {
  const double r = 1 - t;
  return {r * r * r / 6, (3 * t * t * t - 6 * t * t + 4) / 6, (3 * r * r * r - 6 * r * r + 4) / 6,
          t * t * t / 6};
}

/// Their derivatives with respect to t. Sum 0.
INFOGRAD_HD inline std::array<double, 4> cubic_bspline_slope(double t) {
  const double r = 1 - t;
  return {-r * r / 2, (9 * t - 12) * t / 6, -(9 * r - 12) * r / 6, t * t / 2};
}

}  // namespace infograd
