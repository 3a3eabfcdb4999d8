// Whether there is a GPU to use, and what is in force on it. Part of every build: one without CUDA has none.
#pragma once

#include <cstdint>
#include <string>

#include <infograd/core/device.h>

namespace infograd::cuda {

/// GPUs that this build can use; 0 without INFOGRAD_CUDA, without a driver or without a device. Never throws.
INFOGRAD_API int device_count();
/// True when device_count() > 0.
INFOGRAD_API bool is_available();
/// Why there is none and what to do about it; empty when there is one.
INFOGRAD_API std::string why_unavailable();
/// "NVIDIA H100, compute capability 9.0, 79.1 GiB; driver 13.0, runtime 13.0, cuDNN 9.19.0", or why not.
INFOGRAD_API std::string describe(Device device = Device::cuda());

/// Waits for the work queued on a device; reports a fault of a kernel as DeviceError.
INFOGRAD_API void synchronize(Device device = Device::cuda());

/// How often the host has waited for a device since the program began: item(), to(cpu), synchronize() and
/// what calls them. INFOGRAD_CUDA_SYNC=report prints each with the op that asked.
INFOGRAD_API uint64_t host_waits();

/// While alive, f32 products on this thread may round their operands to TF32 (10 bits of fraction). Off by
/// default; see also PrecisionScope for bf16.
class INFOGRAD_API TensorFloatScope {
 public:
  explicit TensorFloatScope(bool allowed = true);
  ~TensorFloatScope();
  TensorFloatScope(const TensorFloatScope&) = delete;
  TensorFloatScope& operator=(const TensorFloatScope&) = delete;

 private:
  bool before_;
};
INFOGRAD_API bool tensor_float_allowed();

/// While alive, layers on this thread may use the activations of cuBLASLt inside their product: gelu in its
/// tanh form (up to 5e-4 off), and a relu that may turn NaN into 0. Off by default: activations are then a
/// pass of their own, exact, and NaN stays NaN.
class INFOGRAD_API LibraryActivationsScope {
 public:
  explicit LibraryActivationsScope(bool allowed = true);
  ~LibraryActivationsScope();
  LibraryActivationsScope(const LibraryActivationsScope&) = delete;
  LibraryActivationsScope& operator=(const LibraryActivationsScope&) = delete;

 private:
  bool before_;
};
INFOGRAD_API bool library_activations_allowed();

}  // namespace infograd::cuda
