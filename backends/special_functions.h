// Private: special functions that the standard library lacks, for host and device code.
#pragma once

#include <cmath>
#include <limits>

#include <infograd/backends/host_device.h>

namespace infograd::scalar_math {

inline constexpr double kPi = 3.14159265358979323846;

/// log |Gamma(x)|; std::lgamma writes a global sign, this does not.
template <class T>
INFOGRAD_HD T log_gamma(T x) {
#if defined(__CUDA_ARCH__)
  return lgamma(x);
#else
  int sign = 0;
  if constexpr (sizeof(T) == sizeof(float))
    return ::lgammaf_r(x, &sign);
  else
    return ::lgamma_r(x, &sign);
#endif
}

/// psi(x) = d/dx log Gamma(x). Reflection for x < 0, recurrence up to 10, then the asymptotic series
/// (Abramowitz and Stegun 6.3.7, 6.3.5, 6.3.18). -inf at +0, +inf at -0, NaN at negative integers.
template <class T>
INFOGRAD_HD T digamma(T x) {
  if (x == 0) return std::copysign(std::numeric_limits<T>::infinity(), -x);
  T result = 0;
  if (x < 0) {
    const T fraction = x - std::rint(x);  // tan has period pi: reduce before multiplying
    if (fraction == 0) return std::numeric_limits<T>::quiet_NaN();
    result = -T(kPi) / std::tan(T(kPi) * fraction);
    x = 1 - x;
  }
  for (; x < 10; x += 1) result -= 1 / x;
  const T s = 1 / (x * x);
  const T series =
      s *
      (T(1. / 12) -
       s * (T(1. / 120) - s * (T(1. / 252) - s * (T(1. / 240) - s * (T(1. / 132) - s * T(691. / 32760))))));
  return result + (std::log(x) - T(0.5) / x - series);
}

/// psi'(x). Reflection, recurrence and asymptotic series as above (6.4.7, 6.4.6, 6.4.12). +inf at 0 and
/// negative integers.
template <class T>
INFOGRAD_HD T trigamma(T x) {
  T result = 0, sign = 1;
  if (x <= 0) {
    const T sine = std::sin(T(kPi) * (x - std::rint(x)));
    if (sine == 0) return std::numeric_limits<T>::infinity();
    result = T(kPi) * T(kPi) / (sine * sine);
    sign = -1;
    x = 1 - x;
  }
  T sum = 0;
  for (; x < 10; x += 1) sum += 1 / (x * x);
  const T r = 1 / x, s = r * r;
  const T series =
      s * (T(1. / 6) -
           s * (T(1. / 30) - s * (T(1. / 42) - s * (T(1. / 30) - s * (T(5. / 66) - s * T(691. / 2730))))));
  return result + sign * (sum + r + s / 2 + r * series);
}

}  // namespace infograd::scalar_math
