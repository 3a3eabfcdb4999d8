// Private: copies between host and device through pinned memory.
#pragma once

#include <infograd/backends/view.h>

namespace infograd::cuda {

/// backends/transfer.h, where one side or both are CUDA devices and x is not empty. To a device it returns
/// before the copy is done; to the host it waits, the one place (with synchronize) where infograd does.
void copy_between(const View& out, Device to, const ConstView& x, Device from);

}  // namespace infograd::cuda
