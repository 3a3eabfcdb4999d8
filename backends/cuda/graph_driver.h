// Private: CUDA graphs behind backends/capture.h. Needs no CUDA header.
#pragma once

#include <infograd/backends/capture.h>

namespace infograd::cuda {

/// Records on a stream of its own, so that what other threads queue meanwhile is no part of it; launches on
/// that of the device.
std::unique_ptr<GraphDriver> make_graph_driver(Device device);

/// Copies from memory that the graph being recorded keeps: at every replay the same values.
void copy_constant(void* out, const void* x, size_t bytes);

}  // namespace infograd::cuda
