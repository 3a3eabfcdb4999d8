// Private: what one thread of a late check does.
#pragma once

#include <cmath>
#include <cstdint>

#include <infograd/backends/element.h>
#include <infograd/backends/late_checks.h>

namespace infograd::late {

/// Smallest and largest: the same whoever comes first.
INFOGRAD_HD inline void note(Found* found, int64_t value) {
#if defined(__CUDA_ARCH__)
  atomicMin(reinterpret_cast<long long*>(&found->lowest), static_cast<long long>(value));
  atomicMax(reinterpret_cast<long long*>(&found->highest), static_cast<long long>(value));
#else
  if (value < found->lowest) found->lowest = value;
  if (value > found->highest) found->highest = value;
#endif
}

/// IndexCheck without its words.
struct IndexRange {
  int64_t lowest, highest, wrap, allowed;
  bool has_allowed;

  explicit IndexRange(const IndexCheck& check)
      : lowest(check.lowest),
        highest(check.highest),
        wrap(check.wrap),
        allowed(check.allowed.value_or(0)),
        has_allowed(check.allowed.has_value()) {}

  INFOGRAD_HD int64_t operator()(int64_t value, Found* found) const {
    if (has_allowed && value == allowed) return value;
    if (value >= lowest && value <= highest) return value < 0 ? value + wrap : value;
    note(found, value);
    return 0;
  }
};

/// Notes the number of an element that does not belong: one that is not finite, or that is NaN.
template <class T>
INFOGRAD_HD void look_at(Kind kind, T value, int64_t element, Found* found) {
  const auto x = convert<typename Compute<T>::type>(value);
  if (kind == Kind::finite ? !(x - x == 0) : x != x) note(found, element);  // inf - inf is NaN
}

}  // namespace infograd::late
