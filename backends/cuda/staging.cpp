// Two pinned buffers per device, used in turn: while the device copies one, the host fills or empties the
// other.
#include <algorithm>
#include <array>
#include <cstring>
#include <mutex>

#include <infograd/backends/capture.h>
#include <infograd/backends/cuda/graph_driver.h>
#include <infograd/backends/cuda/per_device.h>
#include <infograd/backends/cuda/staging.h>
#include <infograd/backends/cuda/stream.h>
#include <infograd/core/device_memory.h>

namespace infograd::cuda {

namespace {

constexpr size_t kBufferBytes = size_t{4} << 20U;

class Staging {
 public:
  Staging() {
    for (Buffer& buffer : buffers_) {
      check(cudaMallocHost(reinterpret_cast<void**>(&buffer.data), kBufferBytes), "to");
      check(cudaEventCreateWithFlags(&buffer.copied, cudaEventDisableTiming), "to");
    }
  }

  void to_device(std::byte* out, const std::byte* x, size_t bytes) {
    const std::lock_guard lock(mutex_);
    for (size_t at = 0; at < bytes; at += kBufferBytes) {
      Buffer& buffer = next();
      const size_t n = std::min(kBufferBytes, bytes - at);
      check(cudaEventSynchronize(buffer.copied), "to");  // returns at once when never recorded
      std::memcpy(buffer.data, x + at, n);
      check(cudaMemcpyAsync(out + at, buffer.data, n, cudaMemcpyHostToDevice, stream()), "to");
      check(cudaEventRecord(buffer.copied, stream()), "to");
    }
  }

  // The copy of a piece is queued before the piece before it is taken out of its buffer.
  void to_host(std::byte* out, const std::byte* x, size_t bytes) {
    const std::lock_guard lock(mutex_);
    Buffer* waiting = nullptr;
    size_t waiting_at = 0;
    for (size_t at = 0; at < bytes; at += kBufferBytes) {
      Buffer& buffer = next();
      check(cudaMemcpyAsync(buffer.data, x + at, std::min(kBufferBytes, bytes - at), cudaMemcpyDeviceToHost,
                            stream()),
            "to");
      check(cudaEventRecord(buffer.copied, stream()), "to");
      if (waiting != nullptr) take(*waiting, out + waiting_at, kBufferBytes);
      waiting = &buffer;
      waiting_at = at;
    }
    if (waiting != nullptr) take(*waiting, out + waiting_at, bytes - waiting_at);
  }

 private:
  struct Buffer {
    std::byte* data = nullptr;
    cudaEvent_t copied = nullptr;
  };

  Buffer& next() { return buffers_[turn_++ % buffers_.size()]; }

  static void take(const Buffer& buffer, std::byte* out, size_t bytes) {
    check(cudaEventSynchronize(buffer.copied), "to");
    std::memcpy(out, buffer.data, bytes);
  }

  std::mutex mutex_;
  std::array<Buffer, 2> buffers_;
  size_t turn_ = 0;
};

}  // namespace

void copy_between(const View& out, Device to, const ConstView& x, Device from) {
  const size_t bytes = static_cast<size_t>(x.numel()) * item_size(x.dtype);
  if (bytes == 0) return;
  if (from.is_cpu()) {
    const DeviceGuard guard(to.index);
    if (Capture::current() != nullptr && !Capture::current()->replaying())
      return copy_constant(out.data, x.data, bytes);  // nothing else is let through (transfer.cpp)
    of_device<Staging>(current_device()).to_device(out.as<std::byte>(), x.as<std::byte>(), bytes);
  } else if (to.is_cpu()) {
    const DeviceGuard guard(from.index);
    of_device<Staging>(current_device()).to_host(out.as<std::byte>(), x.as<std::byte>(), bytes);
  } else {  // two GPUs: rare enough to wait for both
    for (const int index : {static_cast<int>(to.index), static_cast<int>(from.index)}) {
      const DeviceGuard guard(index);
      check(cudaStreamSynchronize(stream()), "to");
    }
    check(cudaMemcpyPeer(out.data, to.index, x.data, from.index, bytes), "to");
  }
}

}  // namespace infograd::cuda
