// Two streams meet in events only: the copy waits for the work queued before it (its target may just have
// been freed by that work), and what needs the copy waits for it.
#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include <infograd/backends/cuda/copy_ahead.h>
#include <infograd/backends/cuda/stream.h>
#include <infograd/core/error.h>

namespace infograd::cuda {

namespace {

class Event {
 public:
  Event() { check(cudaEventCreateWithFlags(&event_, cudaEventDisableTiming), "copy ahead"); }
  Event(Event&& other) noexcept : event_(std::exchange(other.event_, nullptr)) {}
  Event& operator=(Event&& other) noexcept {
    std::swap(event_, other.event_);
    return *this;
  }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  ~Event() {
    if (event_ != nullptr) cudaEventDestroy(event_);
  }

  void record(cudaStream_t stream) const { check(cudaEventRecord(event_, stream), "copy ahead"); }
  void make_wait(cudaStream_t stream) const { check(cudaStreamWaitEvent(stream, event_), "copy ahead"); }
  bool passed() const {
    if (cudaEventQuery(event_) == cudaSuccess) return true;
    cudaGetLastError();  // "not ready" is no error, and a fault comes back
    return false;
  }
  void wait() const { check(cudaEventSynchronize(event_), "copy ahead"); }

 private:
  cudaEvent_t event_ = nullptr;
};

class CudaArrival final : public Arrival {
 public:
  CudaArrival(int device, cudaStream_t copies) : device_(device) { event_.record(copies); }
  CudaArrival(const CudaArrival&) = delete;
  CudaArrival& operator=(const CudaArrival&) = delete;
  ~CudaArrival() override {
    try {
      CudaArrival::await();
    } catch (const DeviceError&) {  // the device is lost, and its memory with it
    }
  }

  void await() override {
    if (std::exchange(awaited_, true)) return;
    const DeviceGuard guard(device_);
    event_.make_wait(stream());
  }

 private:
  int device_;
  Event event_;
  bool awaited_ = false;
};

class CudaCopyAhead final : public CopyAhead {
 public:
  explicit CudaCopyAhead(int device) : device_(device) {
    check(cudaStreamCreateWithFlags(&copies_, cudaStreamNonBlocking), "copy ahead");
  }
  CudaCopyAhead(const CudaCopyAhead&) = delete;
  CudaCopyAhead& operator=(const CudaCopyAhead&) = delete;
  ~CudaCopyAhead() override {
    cudaStreamSynchronize(copies_);
    cudaStreamDestroy(copies_);
    for (Buffer& buffer : buffers_) cudaFreeHost(buffer.data);
    cudaGetLastError();  // at the end of a program the runtime may be gone
  }

  std::unique_ptr<Arrival> copy(const View& out, const ConstView& x) override {
    const DeviceGuard guard(device_);
    const size_t bytes = static_cast<size_t>(x.numel()) * item_size(x.dtype);
    if (bytes > 0) {
      const Buffer& buffer = buffer_for(bytes);
      std::memcpy(buffer.data, x.data, bytes);
      before_.record(stream());
      before_.make_wait(copies_);
      check(cudaMemcpyAsync(out.data, buffer.data, bytes, cudaMemcpyHostToDevice, copies_), "copy ahead");
      buffer.copied.record(copies_);
    }
    return std::make_unique<CudaArrival>(device_, copies_);
  }

 private:
  static constexpr size_t kMostBuffers = 6;  // images and labels of three batches

  struct Buffer {
    void* data = nullptr;
    size_t bytes = 0;
    Event copied;
  };

  /// One that no copy reads any more; waits, on this thread only, when all are in use.
  Buffer& buffer_for(size_t bytes) {
    for (Buffer& buffer : buffers_)
      if (buffer.bytes >= bytes && buffer.copied.passed()) return buffer;
    if (buffers_.size() == kMostBuffers) {
      std::rotate(buffers_.begin(), buffers_.begin() + 1, buffers_.end());  // the longest in use
      Buffer& oldest = buffers_.back();
      oldest.copied.wait();
      if (oldest.bytes >= bytes) return oldest;
      check(cudaFreeHost(oldest.data), "copy ahead");
      buffers_.pop_back();
    }
    Buffer buffer;
    check(cudaMallocHost(&buffer.data, bytes), "copy ahead");
    buffer.bytes = bytes;
    buffers_.push_back(std::move(buffer));
    return buffers_.back();
  }

  int device_;
  cudaStream_t copies_ = nullptr;
  Event before_;
  std::vector<Buffer> buffers_;
};

}  // namespace

std::unique_ptr<CopyAhead> make_copy_ahead(int device) {
  const DeviceGuard guard(device);
  return std::make_unique<CudaCopyAhead>(device);
}

}  // namespace infograd::cuda
