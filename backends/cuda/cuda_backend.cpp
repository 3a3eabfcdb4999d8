#include <array>
#include <memory>
#include <mutex>

#include <infograd/backends/cuda/cuda_backend.h>
#include <infograd/backends/cuda/runtime.h>
#include <infograd/core/check.h>

namespace infograd {

void CudaBackend::synchronize() {
  cuda::runtime::synchronize("synchronize", index_);
}

Backend& cuda_backend(int index) {
  static std::mutex mutex;
  static std::array<std::unique_ptr<CudaBackend>, memory::kMaxDevices> instances;
  if (index < 0 || index >= memory::kMaxDevices) cuda::runtime::check_device("backend", index);
  const std::lock_guard lock(mutex);
  std::unique_ptr<CudaBackend>& instance = instances[static_cast<size_t>(index)];
  if (!instance) instance = std::make_unique<CudaBackend>(index);
  return *instance;
}

}  // namespace infograd
