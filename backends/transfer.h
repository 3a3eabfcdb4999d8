// Private: copies between devices, the one place that knows two address spaces.
#pragma once

#include <infograd/backends/view.h>

namespace infograd {

/// out = x where the two live on different devices; both row-major, of one dtype and shape. Sees the work
/// queued before on either device. Returns once x may be overwritten, and for out on the CPU once it is
/// there; at once when they are empty. Throws DeviceError when no backend serves a device.
INFOGRAD_API void transfer(View out, Device to, ConstView x, Device from);

}  // namespace infograd
