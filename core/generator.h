// Explicit, serialisable random generators. A draw of n elements advances the offset by ceil(n/4) blocks (see
// philox.h).
#pragma once

#include <array>
#include <cstdint>

#include <infograd/core/export.h>
#include <infograd/core/philox.h>

namespace infograd {

/// A value type: copying it copies its position. Not thread-safe; give each thread a split.
class INFOGRAD_API Generator {
 public:
  explicit Generator(uint64_t seed = 0) : key_{seed, 0, 0} {}

  /// Reserves room for n elements of 32 random bits each and returns where they start.
  PhiloxKey take(int64_t n);
  /// An independent generator: same seed, a stream that no other split or this generator uses.
  Generator split();
  /// One draw from {0, ..., bound-1} without bias; for host-side shuffles.
  uint64_t below(uint64_t bound);
  /// One draw from [0, 1).
  double uniform();
  /// One standard normal (Box-Muller).
  double normal();

  using State = std::array<uint64_t, 4>;
  State state() const;
  void set_state(const State& state);
  bool operator==(const Generator& other) const { return state() == other.state(); }

 private:
  PhiloxKey key_;
  uint64_t splits_ = 0;
};

/// The generator that ops use when none is given. Thread-local is not meant: guard it when several threads
/// draw.
INFOGRAD_API Generator& default_generator();
/// Seeds the default generator.
INFOGRAD_API void manual_seed(uint64_t seed);

}  // namespace infograd
