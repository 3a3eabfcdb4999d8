// Private: what calls of cuBLAS, cuSOLVER and cuDNN have in common.
#pragma once

#include <string_view>

#include <infograd/backends/cuda/stream.h>

namespace infograd::cuda {

/// As check_launch, after a call of a library that succeeded: what the library tried and gave up on the way
/// is no error of the next launch. (A fault of the device comes back.)
inline void check_library_call(std::string_view op) {
  cudaGetLastError();
  check_launch(op);
}

/// The status of create(), which makes the handle of a library, 0 if it succeeds. A library takes memory past
/// our allocator: where that fails, cached blocks are given back and it is asked again.
template <class F>
auto create_handle(F&& create) {
  const auto status = create();
  if (static_cast<int>(status) == 0) return status;
  cudaGetLastError();
  memory::release_cached(Device::cuda(current_device()));
  return create();
}

}  // namespace infograd::cuda
