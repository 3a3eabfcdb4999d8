// Philox4x32-10: a counter-based generator (Salmon et al. 2011). Element i of a draw uses block offset + i/4,
// lane i%4.
#pragma once

#include <array>
#include <cstdint>

namespace infograd {

/// Names a stretch of the random sequence: what a kernel needs to draw, on any device and any thread.
struct PhiloxKey {
  uint64_t seed = 0;    ///< key
  uint64_t stream = 0;  ///< upper half of the counter
  uint64_t offset = 0;  ///< first block of this draw: lower half of the counter
};

/// The 10-round bijection. Known answers are in tests/core/test_philox.cpp.
constexpr std::array<uint32_t, 4> philox4x32(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    const uint64_t p0 = uint64_t{0xD2511F53U} * counter[0];
    const uint64_t p1 = uint64_t{0xCD9E8D57U} * counter[2];
    counter = {static_cast<uint32_t>(p1 >> 32U) ^ counter[1] ^ key[0], static_cast<uint32_t>(p1),
               static_cast<uint32_t>(p0 >> 32U) ^ counter[3] ^ key[1], static_cast<uint32_t>(p0)};
    key[0] += 0x9E3779B9U;
    key[1] += 0xBB67AE85U;
  }
  return counter;
}

/// Block `block` of a draw: elements 4*block .. 4*block+3.
constexpr std::array<uint32_t, 4> philox_block(const PhiloxKey& key, uint64_t block) {
  const uint64_t low = key.offset + block;
  return philox4x32({static_cast<uint32_t>(low), static_cast<uint32_t>(low >> 32U),
                     static_cast<uint32_t>(key.stream), static_cast<uint32_t>(key.stream >> 32U)},
                    {static_cast<uint32_t>(key.seed), static_cast<uint32_t>(key.seed >> 32U)});
}

/// 32 random bits to a float in [0, 1): 24 bits, exactly representable.
constexpr float to_unit_float(uint32_t bits) {
  return static_cast<float>(bits >> 8U) * 0x1p-24F;
}

}  // namespace infograd
