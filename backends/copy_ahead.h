// Private: copies from the host to a device that run ahead of the work that needs them, through page-locked
// memory and on a stream of their own.
#pragma once

#include <memory>

#include <infograd/backends/view.h>

namespace infograd {

/// A copy on its way.
class INFOGRAD_API Arrival {
 public:
  virtual ~Arrival() = default;  ///< as await(): memory that is still written must not serve anybody else
  /// Work queued from now on sees the copy. The host does not wait.
  virtual void await() = 0;
};

/// For one thread at a time; arrivals may be awaited by another.
class INFOGRAD_API CopyAhead {
 public:
  virtual ~CopyAhead() = default;
  /// Queues out = x, both without gaps, once the work is done that was queued before: `out` may be memory
  /// that was freed a moment ago. x may be overwritten at once.
  virtual std::unique_ptr<Arrival> copy(const View& out, const ConstView& x) = 0;
};

/// To a device that is not the CPU. Throws DeviceError when no backend serves it.
INFOGRAD_API std::unique_ptr<CopyAhead> copy_ahead_to(Device device);

}  // namespace infograd
