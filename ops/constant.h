// Private: constants that an op or loss makes on the host.
#pragma once

#include <infograd/backends/capture.h>

namespace infograd::detail {

/// x.to(device) of values that are the same at every call: a captured step (cuda::Graph) may keep them.
inline Tensor constant_to(const Tensor& x, Device device) {
  const ConstantsScope scope;
  return x.to(device);
}

}  // namespace infograd::detail
