#include <cmath>
#include <numbers>

#include <infograd/core/generator.h>

namespace infograd {

namespace {
__extension__ using Wide = unsigned __int128;
}  // namespace

PhiloxKey Generator::take(int64_t n) {
  const PhiloxKey key = key_;
  key_.offset += static_cast<uint64_t>((n + 3) / 4);
  return key;
}

Generator Generator::split() {
  // The child's stream is a Philox value of (parent stream, how many splits came before): 64 bits, so a
  // collision between streams of one seed is as unlikely as guessing one.
  ++splits_;
  const auto words =
      philox4x32({static_cast<uint32_t>(key_.stream), static_cast<uint32_t>(key_.stream >> 32U),
                  static_cast<uint32_t>(splits_), static_cast<uint32_t>(splits_ >> 32U)},
                 {static_cast<uint32_t>(key_.seed) ^ 0x53504c49U, static_cast<uint32_t>(key_.seed >> 32U)});
  Generator child(key_.seed);
  child.key_.stream = (uint64_t{words[1]} << 32U | words[0]) | 1U;  // never the root's stream 0
  return child;
}

uint64_t Generator::below(uint64_t bound) {
  // Multiply-shift with rejection (Lemire 2019): no bias for any bound.
  while (true) {
    const auto words = philox_block(take(4), 0);
    const uint64_t bits = uint64_t{words[1]} << 32U | words[0];
    const auto product = static_cast<Wide>(bits) * bound;
    const auto low = static_cast<uint64_t>(product);
    if (low >= bound || low >= (0 - bound) % bound) return static_cast<uint64_t>(product >> 64U);
  }
}

double Generator::uniform() {
  const auto words = philox_block(take(4), 0);
  return static_cast<double>((uint64_t{words[1]} << 32U | words[0]) >> 11U) * 0x1p-53;
}

double Generator::normal() {
  const double u = 1.0 - uniform();  // (0, 1]
  const double v = uniform();
  return std::sqrt(-2.0 * std::log(u)) * std::cos(2.0 * std::numbers::pi * v);
}

Generator::State Generator::state() const {
  return {key_.seed, key_.stream, key_.offset, splits_};
}

void Generator::set_state(const State& state) {
  key_ = {state[0], state[1], state[2]};
  splits_ = state[3];
}

Generator& default_generator() {
  static Generator generator(0);
  return generator;
}

void manual_seed(uint64_t seed) {
  default_generator() = Generator(seed);
}

}  // namespace infograd
