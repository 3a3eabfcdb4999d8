// Private: backends/copy_ahead.h on a GPU. Needs no CUDA header.
#pragma once

#include <infograd/backends/copy_ahead.h>

namespace infograd::cuda {

std::unique_ptr<CopyAhead> make_copy_ahead(int device);

}  // namespace infograd::cuda
