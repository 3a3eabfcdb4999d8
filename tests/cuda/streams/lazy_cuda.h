// A CUDA runtime for host tests: memory is the host's, streams are queues that run as late as the rules
// allow, or at random moments before. It knows copies, events, captures and who may do what while one is
// under way, but no kernels: run_on() queues a function in place of one.
#pragma once

#include <cstdint>
#include <functional>

#include <cuda_runtime_api.h>

namespace infograd::lazy {

/// From now on up to `share` of the calls run some of what is queued, by a generator of that seed.
void run_early(double share, uint64_t seed);
/// Queues f on a stream, as a kernel.
void run_on(cudaStream_t stream, std::function<void()> f);
/// Calls so far of the host that had to wait for work.
int waits();
/// Calls so far of cudaSetDevice.
int device_changes();
/// Bytes that each device has.
void set_capacity(size_t bytes);

}  // namespace infograd::lazy
