// Private: checks of values on a device that nobody waits for. What they find is thrown, as a ValueError that
// names the op, by the next call that waits for the device anyway: item(), to(cpu), synchronize().
// INFOGRAD_CUDA_SYNC=1 throws at once.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <infograd/backends/host_device.h>
#include <infograd/backends/view.h>

namespace infograd::late {

/// What the values of an index must be. Kernels get `out`: i, i + `wrap` where negative, and 0 in place of a
/// value that is not allowed, so that they stay inside their memory.
struct IndexCheck {
  std::string_view op;  ///< static
  std::string_view what = "index";
  int64_t lowest = 0, highest = 0;
  int64_t wrap = 0;                     ///< added to negative ones
  std::optional<int64_t> allowed = {};  ///< beside the range, kept as it is
  std::string_view hint = {};           ///< the usual cause; static
  bool position = false;                ///< a value that is not allowed is where `what` was found first
};

/// Queues the check of `index` (any strides, i64) on `device`, not the CPU; out is contiguous.
INFOGRAD_API void check_indices(const IndexCheck& check, View out, ConstView index, Device device);
/// Queues a look for NaN and infinity in x (floating, any strides). Both texts are static.
INFOGRAD_API void check_finite(std::string_view op, std::string_view what, ConstView x, Device device);
/// The same for NaN alone.
INFOGRAD_API void check_no_nan(std::string_view op, std::string_view what, ConstView x, Device device);
/// Queues the way of what was found to the host; called before a wait for the device.
INFOGRAD_API void fetch(Device device);
/// Throws what was fetched, once; called after the wait.
INFOGRAD_API void report(Device device);
/// Makes the table of a device, before a capture that cannot.
INFOGRAD_API void prepare(Device device);
/// A captured step ran again: its checks may have found something.
INFOGRAD_API void note_replay(Device device);

/// What a check looks at: the range of an index, or which values do not belong into a floating tensor.
enum class Kind : uint8_t { index, finite, no_nan };

/// In memory of the device, one per place in the program; only a value that is not allowed writes to it.
struct Found {
  int64_t lowest = std::numeric_limits<int64_t>::max(), highest = std::numeric_limits<int64_t>::min();
  bool any() const { return lowest <= highest; }
};
inline constexpr int kPlaces = 256;

/// Where checks of a device are written down: which place of the table means what.
class INFOGRAD_API Places {
 public:
  /// The number of a check, the same for the same op and range; the last one, which has no name, is shared by
  /// all that come too late to get their own.
  int of(const IndexCheck& check);
  int of_values(Kind kind, std::string_view op, std::string_view what);
  /// The error of the first place where something was found; nothing if there is none.
  std::optional<std::string> describe(const Found* table, Device device) const;

 private:
  struct Place {
    IndexCheck check;
    Kind kind = Kind::index;
  };
  int find(const IndexCheck& check, Kind kind);
  mutable std::mutex mutex_;
  std::vector<Place> places_;
};

}  // namespace infograd::late
