#include <infograd/backends/cuda_device.h>
#include <infograd/backends/waits.h>
#include <infograd/core/error.h>
#if defined(INFOGRAD_CUDA)
#include <infograd/backends/cuda/runtime.h>
#endif

namespace infograd::cuda {

namespace {

thread_local bool tensor_float = false;
thread_local bool library_activations = false;

}  // namespace

#if defined(INFOGRAD_CUDA)
int device_count() {
  return runtime::device_count();
}
std::string why_unavailable() {
  return runtime::why_unavailable();
}
std::string describe(Device device) {
  return is_available() ? runtime::describe(device.index) : why_unavailable();
}
void synchronize(Device device) {
  runtime::synchronize("synchronize", device.index);
}
#else
int device_count() {
  return 0;
}
std::string why_unavailable() {
  return "this build has the CPU only; configure with `cmake --preset cuda` (INFOGRAD_CUDA=ON), which needs "
         "the "
         "CUDA toolkit";
}
std::string describe(Device /*device*/) {
  return why_unavailable();
}
void synchronize(Device device) {
  throw DeviceError("synchronize: no device " + to_string(device) + "; " + why_unavailable());
}
#endif

bool is_available() {
  return device_count() > 0;
}

uint64_t host_waits() {
  return waits::count();
}

bool tensor_float_allowed() {
  return tensor_float;
}
TensorFloatScope::TensorFloatScope(bool allowed) : before_(tensor_float) {
  tensor_float = allowed;
}
TensorFloatScope::~TensorFloatScope() {
  tensor_float = before_;
}

bool library_activations_allowed() {
  return library_activations;
}
LibraryActivationsScope::LibraryActivationsScope(bool allowed) : before_(library_activations) {
  library_activations = allowed;
}
LibraryActivationsScope::~LibraryActivationsScope() {
  library_activations = before_;
}

}  // namespace infograd::cuda
