// Where a program computes.
#pragma once

#include <infograd/core/device.h>

#include "command_line.h"

namespace shared {

/// Adds --device cpu|cuda. A device that cannot be used throws DeviceError, which says what to do, when the
/// first tensor goes there. "pretended" is for tests on machines without a GPU: the host in disguise, where
/// tensors of host and device cannot meet either.
void device_option(CommandLine& command, infograd::Device& device);

}  // namespace shared
