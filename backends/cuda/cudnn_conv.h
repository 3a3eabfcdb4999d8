// Private: convolution by cuDNN, where CMake found it.
#pragma once

#include <string>

#include <infograd/backends/backend.h>

namespace infograd::cuda {

/// Queues the convolution on the current device; false when the library is not compiled in, is switched off
/// (INFOGRAD_CUDNN=0 in the environment) or has no deterministic plan for it. `backend` copies and sums.
bool cudnn_conv(Backend& backend, const ConvArgs& args);

/// "cuDNN 9.19.0", or "no cuDNN" when convolutions do without.
std::string cudnn_version();

}  // namespace infograd::cuda
