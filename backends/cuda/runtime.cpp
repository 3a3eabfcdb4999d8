// Devices, their stream and memory, and what goes wrong with them.
#include <array>
#include <cstdlib>
#include <mutex>

#include <infograd/backends/cuda/cudnn_conv.h>
#include <infograd/backends/cuda/runtime.h>
#include <infograd/backends/cuda/stream.h>
#include <infograd/core/check.h>

namespace infograd::cuda {

namespace {

/// What a user can do about an error of the runtime; empty where nothing general can be said.
std::string advice(cudaError_t status) {
  switch (status) {
    case cudaErrorNoDevice:
      return "; no GPU is visible: check `nvidia-smi` and CUDA_VISIBLE_DEVICES, or use Device cpu";
    case cudaErrorInsufficientDriver:
    case cudaErrorSystemDriverMismatch:
    case cudaErrorStubLibrary:
      return "; the NVIDIA driver is missing or older than the CUDA toolkit of this build: update the "
             "driver, or "
             "build with an older toolkit";
    case cudaErrorInvalidDevice:
      return "; there is no GPU of that number, see `nvidia-smi -L`";
    case cudaErrorNoKernelImageForDevice:
    case cudaErrorUnsupportedPtxVersion:
      return "; this build has no code for that GPU: add its compute capability to "
             "INFOGRAD_CUDA_ARCHITECTURES";
    case cudaErrorMemoryAllocation:
      return "; see memory::stats(device) for what is held, release_cached(device) gives cached blocks back";
    case cudaErrorIllegalAddress:
    case cudaErrorLaunchFailure:
    case cudaErrorMisalignedAddress:
    case cudaErrorIllegalInstruction:
    case cudaErrorAssert:
      return "; a kernel queued before this call failed and the device cannot be used again by this process. "
             "INFOGRAD_CUDA_SYNC=1 waits after each call and so names the one that fails; compute-sanitizer "
             "says where";
    default:
      return "";
  }
}

bool waits_after_each_launch() {
  static const bool waits = [] {
    const char* value = std::getenv("INFOGRAD_CUDA_SYNC");
    return value != nullptr && value[0] == '1';
  }();
  return waits;
}

struct Available {
  int count = 0;
  std::string why;
};
const Available& available() {
  static const Available found = [] {
    Available result;
    const cudaError_t status = cudaGetDeviceCount(&result.count);
    if (status == cudaSuccess && result.count > 0) return result;
    const cudaError_t reason = status == cudaSuccess ? cudaErrorNoDevice : status;
    cudaGetLastError();  // forget it
    return Available{
        0, fmt::format("no CUDA device can be used: {}{}", cudaGetErrorString(reason), advice(reason))};
  }();
  return found;
}

void* allocate_block(size_t bytes, int index) {
  runtime::check_device("memory", index);
  const DeviceGuard guard(index);
  void* block = nullptr;
  const cudaError_t status = cudaMalloc(&block, bytes);
  if (status == cudaErrorMemoryAllocation) {
    cudaGetLastError();
    return nullptr;  // the allocator gives cached blocks back, tries again, and says what is held
  }
  check(status, "memory");
  return block;
}

// At the end of a program the runtime may be gone before the last tensor: its memory then is, too.
void release_block(void* block, int /*index*/) noexcept {
  if (cudaFree(block) != cudaSuccess) cudaGetLastError();
}

constexpr memory::DeviceMemory kDeviceMemory{allocate_block, release_block};

}  // namespace

DeviceGuard::DeviceGuard(int index) {
  runtime::check_device("device", index);
  check(cudaGetDevice(&before_), "device");
  if (before_ != index) check(cudaSetDevice(index), "device");
}
DeviceGuard::~DeviceGuard() {
  cudaSetDevice(before_);
}

int current_device() {
  int index = 0;
  check(cudaGetDevice(&index), "device");
  return index;
}

// Never destroyed: tensors with static storage duration may still be freed when the program ends.
cudaStream_t stream() {
  static std::array<cudaStream_t, memory::kMaxDevices> streams{};
  static std::mutex mutex;
  const int index = current_device();
  const std::lock_guard lock(mutex);
  cudaStream_t& stream = streams[static_cast<size_t>(index)];
  if (stream == nullptr) check(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "stream");
  return stream;
}

void check(cudaError_t status, std::string_view op) {
  if (status == cudaSuccess) [[likely]]
    return;
  fail<DeviceError>("{}: CUDA says {} ({}){}", op, cudaGetErrorString(status), cudaGetErrorName(status),
                    advice(status));
}

void check_launch(std::string_view op) {
  check(cudaGetLastError(), op);
  if (waits_after_each_launch()) check(cudaStreamSynchronize(stream()), op);
}

namespace runtime {

int device_count() {
  return available().count;
}

std::string why_unavailable() {
  return available().why;
}

void check_device(std::string_view op, int index) {
  const Available& found = available();
  if (index >= 0 && index < found.count) [[likely]]
    return;
  if (found.count == 0) fail<DeviceError>("{}: {}", op, found.why);
  fail<DeviceError>("{}: there is no cuda:{}, only {} device(s){}", op, index, found.count,
                    advice(cudaErrorInvalidDevice));
}

std::string describe(int index) {
  check_device("describe", index);
  cudaDeviceProp properties{};
  int driver = 0, toolkit = 0;
  check(cudaGetDeviceProperties(&properties, index), "describe");
  check(cudaDriverGetVersion(&driver), "describe");
  check(cudaRuntimeGetVersion(&toolkit), "describe");
  return fmt::format("{}, compute capability {}.{}, {:.1f} GiB; driver {}.{}, runtime {}.{}, {}",
                     properties.name, properties.major, properties.minor,
                     static_cast<double>(properties.totalGlobalMem) / (1U << 30U), driver / 1000,
                     driver % 1000 / 10, toolkit / 1000, toolkit % 1000 / 10, cudnn_version());
}

void synchronize(std::string_view op, int index) {
  const DeviceGuard guard(index);
  check(cudaStreamSynchronize(stream()), op);
}

const memory::DeviceMemory& device_memory() {
  return kDeviceMemory;
}

}  // namespace runtime
}  // namespace infograd::cuda
