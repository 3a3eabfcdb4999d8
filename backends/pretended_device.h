// Private: a CUDA device for tests on machines without one.
#pragma once

#include <infograd/core/device_memory.h>

namespace infograd {

/// While alive, kDevice exists: its memory is the host's, its backend the reference. What an op would do
/// wrong on a real device throws: host access to data of a device, operands on two devices. One at a time.
class INFOGRAD_API PretendedDevice {
 public:
  static constexpr Device kDevice = Device::cuda(memory::kMaxDevices - 2);

  PretendedDevice();
  ~PretendedDevice();
  PretendedDevice(const PretendedDevice&) = delete;
  PretendedDevice& operator=(const PretendedDevice&) = delete;

  /// Whether `device` is the one pretended now.
  static bool is(Device device);

 private:
  const memory::DeviceMemory* memory_before_;
};

}  // namespace infograd
