// Private: where the host waits for a device. INFOGRAD_CUDA_SYNC=report prints each place.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <infograd/core/device.h>
#include <infograd/core/export.h>

namespace infograd::waits {

/// INFOGRAD_CUDA_SYNC: unset or 0; 1 waits after every launch, so that a fault names its op; "report" prints
/// each wait with who asked for it.
enum class Mode : uint8_t { off, every_launch, report };
/// Throws ValueError for any other text.
INFOGRAD_API Mode parse_mode(const char* text);
INFOGRAD_API Mode mode();

/// While alive, waits on this thread are those of `op`, until an inner one takes over.
class INFOGRAD_API Reason {
 public:
  explicit Reason(std::string_view op);
  ~Reason();
  Reason(const Reason&) = delete;
  Reason& operator=(const Reason&) = delete;
  /// Empty when nobody gave one.
  static std::string_view current();

 private:
  std::string_view before_;
};

/// Called before each wait: counts it (cuda::host_waits), prints it in report mode, throws Error while a step
/// is captured. `how`: "item() or to(cpu)".
INFOGRAD_API void note(std::string_view how, Device device);
/// What report mode prints.
INFOGRAD_API std::string describe(std::string_view how, Device device);
INFOGRAD_API uint64_t count();

}  // namespace infograd::waits
