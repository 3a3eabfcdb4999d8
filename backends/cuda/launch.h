// Private: how many blocks of how many threads. Pure functions of sizes: the same on every device.
#pragma once

#include <cstdint>

#include <infograd/backends/host_device.h>

namespace infograd::cuda {

inline constexpr int kThreadBits = 8;
inline constexpr int kThreads = 1 << kThreadBits;  ///< per block, of every kernel that does not say otherwise
inline constexpr int kItems = 4;                   ///< elements per thread of an element-wise kernel

INFOGRAD_HD constexpr int64_t ceil_div(int64_t a, int64_t b) {
  return (a + b - 1) / b;
}

/// Blocks for n items, `per_block` each. Fits the x axis of a grid: 2^31 - 1 blocks of 256 items are 2^39.
constexpr unsigned blocks_for(int64_t n, int64_t per_block) {
  return static_cast<unsigned>(ceil_div(n, per_block));
}

/// The largest power of two that is not above n, n >= 1.
constexpr int floor_power_of_two(int64_t n) {
  int power = 1;
  while (2 * static_cast<int64_t>(power) <= n) power *= 2;
  return power;
}
constexpr int ceil_power_of_two(int64_t n) {
  const int below = floor_power_of_two(n);
  return below < n ? 2 * below : below;
}

}  // namespace infograd::cuda
