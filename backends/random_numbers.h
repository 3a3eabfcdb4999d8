// Private: how 32 random bits become a number. One definition for every backend and device.
#pragma once

#include <cmath>
#include <cstdint>

#include <infograd/backends/special_functions.h>
#include <infograd/core/philox.h>

namespace infograd::random_numbers {

/// The 32 bits of element i of a draw.
INFOGRAD_HD constexpr uint32_t element_bits(const PhiloxKey& key, uint64_t i) {
  return philox_block(key, i / 4)[static_cast<size_t>(i % 4)];
}

/// [0, 1): 24 bits for float, 32 bits for double.
template <class T>
INFOGRAD_HD constexpr T unit(uint32_t bits) {
  if constexpr (sizeof(T) == sizeof(float))
    return to_unit_float(bits);
  else
    return bits * 0x1p-32;
}

/// [low, high): rounding that reaches `high` gives the number before it.
template <class T>
INFOGRAD_HD T uniform(uint32_t bits, T low, T high) {
  const T value = low + (high - low) * unit<T>(bits);
  return value < high || !(low < high) ? value : std::nextafter(high, low);
}

/// Box-Muller: element 4b + lane pairs lanes (0, 1) or (2, 3) of its block; the even one takes the cosine.
/// The radius uses 1 - u in (0, 1], so the logarithm is finite.
template <class T>
INFOGRAD_HD T normal(uint32_t even_bits, uint32_t odd_bits, bool odd) {
  const T radius = std::sqrt(T(-2) * std::log(1 - unit<T>(even_bits)));
  const T angle = T(2 * scalar_math::kPi) * unit<T>(odd_bits);
  return radius * (odd ? std::sin(angle) : std::cos(angle));
}

/// {0, .., range-1} for 1 <= range <= 2^32: the upper half of bits * range. No value is favoured by more than
/// range / 2^32.
INFOGRAD_HD constexpr uint64_t below(uint32_t bits, uint64_t range) {
  return (bits * range) >> 32U;  // below 2^64
}

}  // namespace infograd::random_numbers
