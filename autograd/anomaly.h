// Anomaly mode: every recorded output and every gradient is checked; the first bad one throws.
#pragma once

#include <string_view>

#include <infograd/core/tensor.h>

namespace infograd {

/// While alive on this thread: forward values of recorded ops and all gradients must be finite. The
/// ValueError names op, dtype, shapes, device, the first bad index, and the call stack where the op was
/// recorded. Slow.
class INFOGRAD_API AnomalyMode {
 public:
  AnomalyMode();
  ~AnomalyMode();
  AnomalyMode(const AnomalyMode&) = delete;
  AnomalyMode& operator=(const AnomalyMode&) = delete;
  static bool enabled();

 private:
  bool before_;
};

/// Throws ValueError naming `what`, shape, dtype and first bad index when x has a NaN or infinity. Returns x.
INFOGRAD_API const Tensor& check_finite(const Tensor& x, std::string_view what);

}  // namespace infograd
