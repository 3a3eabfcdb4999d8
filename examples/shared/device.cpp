#include "device.h"

#include <string>

#include <infograd/backends/pretended_device.h>

namespace shared {

using infograd::Device;
using infograd::PretendedDevice;

void device_option(CommandLine& command, Device& device) {
  command.choice("--device", {"cpu", "cuda", "pretended"}, "cpu", "where to compute; pretended: for tests",
                 [&device](const std::string& name) {
                   static const PretendedDevice* pretended = nullptr;  // to the end of the program
                   if (name == "cuda") device = Device::cuda();
                   if (name != "pretended") return;
                   if (pretended == nullptr) pretended = new PretendedDevice;
                   device = PretendedDevice::kDevice;
                 });
}

}  // namespace shared
