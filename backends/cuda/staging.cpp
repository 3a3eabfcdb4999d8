// Two pinned buffers per device, used in turn: while the device copies one, the host fills or empties the
// other. Small copies share one, so that a step which makes many waits for none.
#include <algorithm>
#include <array>
#include <cstring>
#include <mutex>

#include <infograd/backends/capture.h>
#include <infograd/backends/cuda/graph_driver.h>
#include <infograd/backends/cuda/per_device.h>
#include <infograd/backends/cuda/staging.h>
#include <infograd/backends/cuda/staging_plan.h>
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
    for (size_t at = 0; at < bytes;) {
      const StagingPlan::Piece piece = plan_.next(bytes - at);
      const Buffer& buffer = buffers_[piece.buffer];
      if (piece.first) check(cudaEventSynchronize(buffer.copied), "to");  // at once when never recorded
      std::byte* const place = buffer.data + piece.offset;
      std::memcpy(place, x + at, piece.bytes);
      check(cudaMemcpyAsync(out + at, place, piece.bytes, cudaMemcpyHostToDevice, stream()), "to");
      check(cudaEventRecord(buffer.copied, stream()), "to");
      at += piece.bytes;
    }
  }

  // The copy of a piece is queued before the piece before it is taken out of its buffer.
  void to_host(std::byte* out, const std::byte* x, size_t bytes) {
    const std::lock_guard lock(mutex_);
    const Buffer* waiting = nullptr;
    size_t waiting_at = 0;
    for (size_t at = 0; at < bytes; at += kBufferBytes) {
      plan_.turn();
      const StagingPlan::Piece piece = plan_.next(bytes - at);
      const Buffer& buffer = buffers_[piece.buffer];
      check(cudaMemcpyAsync(buffer.data, x + at, piece.bytes, cudaMemcpyDeviceToHost, stream()), "to");
      check(cudaEventRecord(buffer.copied, stream()), "to");
      if (waiting != nullptr) take(*waiting, out + waiting_at, kBufferBytes);
      waiting = &buffer;
      waiting_at = at;
    }
    if (waiting != nullptr) take(*waiting, out + waiting_at, bytes - waiting_at);
    plan_.turn();
  }

 private:
  struct Buffer {
    std::byte* data = nullptr;
    cudaEvent_t copied = nullptr;
  };

  static void take(const Buffer& buffer, std::byte* out, size_t bytes) {
    check(cudaEventSynchronize(buffer.copied), "to");
    std::memcpy(out, buffer.data, bytes);
  }

  std::mutex mutex_;
  std::array<Buffer, 2> buffers_;
  StagingPlan plan_{buffers_.size(), kBufferBytes};
};

}  // namespace

void copy_between(const View& out, Device to, const ConstView& x, Device from) {
  const size_t bytes = static_cast<size_t>(x.numel()) * item_size(x.dtype);
  if (from.is_cpu()) {
    const DeviceGuard guard(to.index);
    if (Capture::current() != nullptr && !Capture::current()->replaying())
      return copy_constant(out.data, x.data, bytes);  // nothing else is let through (transfer.cpp)
    of_device<Staging>(current_device()).to_device(out.as<std::byte>(), x.as<std::byte>(), bytes);
  } else if (to.is_cpu()) {
    const DeviceGuard guard(from.index);
    of_device<Staging>(current_device()).to_host(out.as<std::byte>(), x.as<std::byte>(), bytes);
  } else {  // two GPUs: rare enough to wait for what made x, and until it may be overwritten
    {
      const DeviceGuard guard(from.index);
      check(cudaStreamSynchronize(stream()), "to");
    }
    const DeviceGuard guard(to.index);
    check(cudaMemcpyPeerAsync(out.data, to.index, x.data, from.index, bytes, stream()), "to");
    check(cudaStreamSynchronize(stream()), "to");
  }
}

}  // namespace infograd::cuda
