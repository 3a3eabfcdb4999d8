// One run: X = Q_x (rho U + sqrt(1 - rho^2) V) and Y = g(Q_y U), with U, V normal and rho = tanh(w), is
// steered through w. After "Controlling Dependence in Implicit Generative Models via Spread Mutual
// Information" (Yu et al., 2026).
#pragma once

#include <cstdint>
#include <vector>

#include "options.h"

namespace mige_control {

struct Run {
  bool maximise = false;
  int64_t d = 0;
  uint64_t seed = 0;
  std::vector<double> information{};  ///< nats, exact: at the start and after every update
  int64_t failures = 0;               ///< gradients that were not finite; their updates were left out
  double seconds = 0;

  int64_t updates() const { return static_cast<int64_t>(information.size()) - 1; }
  /// Mean over the last fifth of the updates (minimise), or the last value (maximise).
  double result() const;
};

/// Where an upward run ends.
inline constexpr double kTarget = 50;

/// Minimise: starts at 10 nats and makes all updates. Maximise: starts at half a nat and stops at 50.
void steer(Run& run, const Options& options);

}  // namespace mige_control
