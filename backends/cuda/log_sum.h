// Private: log sum e^x in one walk.
#pragma once

#include <cmath>
#include <limits>

#include <infograd/backends/host_device.h>

namespace infograd::cuda {

/// sum e^(x - shift) of what was added, `shift` the largest of it. Exponents in C, the sum in S.
template <class C, class S = C>
struct LogSum {
  C shift;
  S sum;  ///< 0: nothing yet, or nothing but -inf

  INFOGRAD_HD static LogSum none() { return {std::numeric_limits<C>::lowest(), 0}; }

  INFOGRAD_HD void add(C x) {
    const S e = static_cast<S>(std::exp(-std::abs(x - shift)));
    if (x <= shift) {
      sum += e;
    } else {  // also a NaN, which stays
      sum = sum * e + 1;
      shift = x;
    }
  }
  template <class D, class R>
  INFOGRAD_HD void merge(const LogSum<D, R>& other) {
    const C above = static_cast<C>(other.shift);
    const S e = static_cast<S>(std::exp(-std::abs(above - shift))), more = static_cast<S>(other.sum);
    if (above <= shift) {
      sum += more * e;
    } else {
      sum = sum * e + more;
      shift = above;
    }
  }
  /// -inf where nothing was added.
  INFOGRAD_HD S value() const {
    return sum == 0 ? -std::numeric_limits<S>::infinity() : static_cast<S>(shift) + std::log(sum);
  }
};

}  // namespace infograd::cuda
