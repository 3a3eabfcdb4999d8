// Private: what other folders may know of the CUDA runtime. Needs no CUDA header.
#pragma once

#include <string>
#include <string_view>

#include <infograd/core/device_memory.h>

namespace infograd::cuda::runtime {

/// 0 when there is no driver, none new enough or no device; never throws.
int device_count();
/// What is missing and what to do; empty when there is a device.
std::string why_unavailable();
/// Throws DeviceError, naming `op`, unless the device is there.
void check_device(std::string_view op, int index);
/// Name, compute capability, memory, versions.
std::string describe(int index);
/// Waits for the stream of a device; a fault of earlier work becomes a DeviceError naming `op`.
void synchronize(std::string_view op, int index);
/// cudaMalloc and cudaFree, for the caching allocator.
const memory::DeviceMemory& device_memory();

}  // namespace infograd::cuda::runtime
