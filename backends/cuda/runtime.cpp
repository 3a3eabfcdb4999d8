// Devices, their stream and memory, and what goes wrong with them.
#include <algorithm>
#include <array>
#include <mutex>

#include <infograd/backends/cuda/advice.h>
#include <infograd/backends/cuda/cudnn_conv.h>
#include <infograd/backends/cuda/late_checks.h>
#include <infograd/backends/cuda/runtime.h>
#include <infograd/backends/cuda/stream.h>
#include <infograd/backends/waits.h>
#include <infograd/core/check.h>

namespace infograd::cuda {

namespace {

std::string advice_on(cudaError_t status) {
  return std::string(advice(cudaGetErrorName(status)));
}

constexpr int kNone = -1;                      // no device to go back to
thread_local cudaStream_t recorded = nullptr;  // of the graph that this thread captures

struct Available {
  int count = 0;
  std::string why;
};
// Never destroyed, as the stream: what has static storage duration may still ask when the program ends.
const Available& available() {
  static const Available* const found = [] {
    int count = 0;
    const cudaError_t status = cudaGetDeviceCount(&count);
    if (status == cudaSuccess && count > 0) return new Available{std::min(count, memory::kMaxDevices), {}};
    const cudaError_t reason = status == cudaSuccess ? cudaErrorNoDevice : status;
    cudaGetLastError();  // forget it
    return new Available{
        0, fmt::format("no CUDA device can be used: {}{}", cudaGetErrorString(reason), advice_on(reason))};
  }();
  return *found;
}

void* allocate_block(size_t bytes, int index) {
  runtime::check_device("memory", index);
  const DeviceGuard guard(index);
  void* block = nullptr;
  const AllowInCapture allow;  // the block is no part of what a graph records
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

std::string describe_room(int index) {
  const DeviceGuard guard(index);
  size_t free = 0, total = 0;
  if (cudaMemGetInfo(&free, &total) != cudaSuccess) {
    cudaGetLastError();
    return "how full the device is, it does not say";
  }
  return fmt::format(
      "{} of the device's {} bytes are free, the rest is this program's, the libraries' or another's "
      "(`nvidia-smi`)",
      free, total);
}

constexpr memory::DeviceMemory kDeviceMemory{allocate_block, release_block, describe_room};

}  // namespace

DeviceGuard::DeviceGuard(int index) {
  runtime::check_device("device", index);
  const int present = current_device();
  before_ = present == index ? kNone : present;
  if (present != index) check(cudaSetDevice(index), "device");
}
DeviceGuard::~DeviceGuard() {
  if (before_ != kNone) cudaSetDevice(before_);
}

int current_device() {
  int index = 0;
  check(cudaGetDevice(&index), "device");
  return index;
}

// Never destroyed: tensors with static storage duration may still be freed when the program ends.
cudaStream_t stream() {
  if (recorded != nullptr) return recorded;
  static std::array<cudaStream_t, memory::kMaxDevices> streams{};
  static std::mutex mutex;
  const int index = current_device();
  const std::lock_guard lock(mutex);
  cudaStream_t& stream = streams[static_cast<size_t>(index)];
  if (stream == nullptr) check(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "stream");
  return stream;
}

RecordScope::RecordScope(cudaStream_t stream) {
  recorded = stream;
}
RecordScope::~RecordScope() {
  recorded = nullptr;
}

AllowInCapture::AllowInCapture() : mode_(cudaStreamCaptureModeRelaxed) {
  check(cudaThreadExchangeStreamCaptureMode(&mode_), "capture");
}
AllowInCapture::~AllowInCapture() {
  cudaThreadExchangeStreamCaptureMode(&mode_);
}

void wait(std::string_view op) {
  const int index = current_device();
  waits::note(op, Device::cuda(index));
  fetch_late_checks(index);
  check(cudaStreamSynchronize(stream()), op);
  report_late_checks(index);
}

void check(cudaError_t status, std::string_view op) {
  if (status == cudaSuccess) [[likely]]
    return;
  cudaGetLastError();  // told here: the next launch shall not be blamed for it
  fail<DeviceError>("{}: CUDA says {} ({}){}", op, cudaGetErrorString(status), cudaGetErrorName(status),
                    advice_on(status));
}

void check_launch(std::string_view op) {
  check(cudaGetLastError(), op);
  if (waits::mode() == waits::Mode::every_launch && recorded == nullptr)
    check(cudaStreamSynchronize(stream()), op);
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
                    advice_on(cudaErrorInvalidDevice));
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
  wait(op);
}

const memory::DeviceMemory& device_memory() {
  return kDeviceMemory;
}

}  // namespace runtime
}  // namespace infograd::cuda
