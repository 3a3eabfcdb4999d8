#include <atomic>
#include <cstdlib>

#include <infograd/backends/pretended_device.h>

namespace infograd {

namespace {

std::atomic<bool> alive = false;

constexpr memory::DeviceMemory kHostMemory{
    [](size_t bytes, int /*index*/) { return std::aligned_alloc(64, (bytes + 63) / 64 * 64); },
    [](void* block, int /*index*/) noexcept { std::free(block); }};

}  // namespace

PretendedDevice::PretendedDevice() : memory_before_(memory::serve_cuda_memory(&kHostMemory)) {
  alive = true;
}
PretendedDevice::~PretendedDevice() {
  alive = false;
  memory::serve_cuda_memory(memory_before_);
}
bool PretendedDevice::is(Device device) {
  return device == kDevice && alive;
}

}  // namespace infograd
