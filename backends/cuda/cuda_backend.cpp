#include <infograd/backends/cuda/cuda_backend.h>
#include <infograd/backends/cuda/per_device.h>
#include <infograd/backends/cuda/runtime.h>
#include <infograd/core/check.h>

namespace infograd {

void CudaBackend::synchronize() {
  cuda::runtime::synchronize("synchronize", index_);
}

Backend& cuda_backend(int index) {
  if (index < 0 || index >= memory::kMaxDevices) cuda::runtime::check_device("backend", index);
  return cuda::of_device<CudaBackend>(index, index);
}

}  // namespace infograd
