// Private: the one stream of a device, errors of the runtime as exceptions, and scratch memory.
#pragma once

#include <string_view>

#include <cuda_runtime_api.h>

#include <infograd/core/allocator.h>

namespace infograd::cuda {

/// Makes a device the current one of this thread while alive.
class DeviceGuard {
 public:
  explicit DeviceGuard(int index);
  ~DeviceGuard();
  DeviceGuard(const DeviceGuard&) = delete;
  DeviceGuard& operator=(const DeviceGuard&) = delete;

 private:
  int before_ = 0;
};

/// The stream on which everything of the current device runs, in order; so memory that is freed may be handed
/// out again at once. (A second stream, such as that of a loader, must wait for it by an event.) While this
/// thread captures a step it is the stream that records: ask at every launch, keep none.
cudaStream_t stream();
int current_device();

/// Throws DeviceError naming `op`, what the runtime says and what to do about it.
void check(cudaError_t status, std::string_view op);
/// After a launch. With INFOGRAD_CUDA_SYNC=1 it also waits, so that a fault names the op that caused it.
void check_launch(std::string_view op);
/// Waits for the stream of the current device, in the name of `op`: counted, reported and refused in a
/// capture as every wait of the host (backends/waits.h). Throws what late checks found.
void wait(std::string_view op);

/// While alive, stream() of this thread is `stream`.
class RecordScope {
 public:
  explicit RecordScope(cudaStream_t stream);
  ~RecordScope();
  RecordScope(const RecordScope&) = delete;
  RecordScope& operator=(const RecordScope&) = delete;
};

/// While alive, this thread may make what lies outside of the step that it captures: memory, events, modules.
class AllowInCapture {
 public:
  AllowInCapture();
  ~AllowInCapture();
  AllowInCapture(const AllowInCapture&) = delete;
  AllowInCapture& operator=(const AllowInCapture&) = delete;

 private:
  cudaStreamCaptureMode mode_;
};

/// Memory of the current device for the kernels of one call.
class Scratch {
 public:
  explicit Scratch(size_t bytes)
      : device_(Device::cuda(current_device())), data_(memory::allocate(bytes, device_)), bytes_(bytes) {}
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() { memory::deallocate(data_, bytes_, device_); }
  void* data() const { return data_; }
  template <class T>
  T* as() const {
    return static_cast<T*>(data_);
  }

 private:
  Device device_;
  void* data_;
  size_t bytes_;
};

}  // namespace infograd::cuda
