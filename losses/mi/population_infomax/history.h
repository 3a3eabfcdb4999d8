// The course of a fit: one entry per epoch.
#pragma once

#include <limits>
#include <vector>

#include <infograd/core/export.h>

namespace infograd::losses {

/// NaN: not measured.
struct NpiEpoch {
  static constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

  int epoch = 0, phase = 1;
  int evaluations = 0;  ///< of the objective with its gradient, from the start of the fit
  int backtracks = 0;   ///< rejected candidates of this epoch
  double beta = kNone;  ///< slope of the neurons
  double objective = kNone;
  double v = kNone;         ///< mean relative step
  double kappa = kNone;     ///< mean relative length of the direction
  double residual = kNone;  ///< distance from a stationary point: max |I - C^T dQ1/dC| in phase 2 of the
                            ///< complete algorithm, else max |direction|
  double seconds = 0;       ///< since the start of the fit, without the measurements of a trace
  double cfe = kNone;       ///< bits; with a trace
  double cde = kNone;       ///< nats; with a trace
};

}  // namespace infograd::losses
