// Private: how a backend lends the caching allocator the memory of its devices. Core knows no accelerator.
#pragma once

#include <cstddef>
#include <string>

#include <infograd/core/device.h>

namespace infograd::memory {

/// Where the allocator of a device gets blocks from. Blocks may not be readable from the host: the allocator
/// keeps its lists elsewhere. Work on a device is ordered, so a block may be handed out again at once.
struct DeviceMemory {
  /// At least 64-byte aligned; null when there is no room (cached blocks are then given back and it is asked
  /// again). Throws DeviceError when there is no such device.
  void* (*allocate)(size_t bytes, int index);
  void (*release)(void* block, int index) noexcept;
  /// How full the device is, for the error when there is no room; may be null.
  std::string (*describe)(int index) = nullptr;
};

/// Serves every CUDA device that was not used before; null: none. `source` must live as long as the program.
/// Returns the one before.
INFOGRAD_API const DeviceMemory* serve_cuda_memory(const DeviceMemory* source);

/// Largest number of devices of a kind.
inline constexpr int kMaxDevices = 16;

}  // namespace infograd::memory
