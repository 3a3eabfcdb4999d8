#include <array>
#include <cstring>
#include <optional>

#include <infograd/backends/cuda/graph_driver.h>
#include <infograd/backends/cuda/stream.h>
#include <infograd/core/check.h>
#include <infograd/core/device_memory.h>

namespace infograd::cuda {

namespace {

class Driver;
thread_local Driver* recording = nullptr;

/// The stream that this thread records on. Never destroyed: handles of libraries name it until their next
/// call.
cudaStream_t recording_stream(int index) {
  thread_local std::array<cudaStream_t, memory::kMaxDevices> streams{};
  cudaStream_t& stream = streams[static_cast<size_t>(index)];
  if (stream == nullptr) check(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "capture");
  return stream;
}

class Driver final : public GraphDriver {
 public:
  explicit Driver(int index) : index_(index) {}
  Driver(const Driver&) = delete;
  Driver& operator=(const Driver&) = delete;
  ~Driver() override {
    if (launched_on_ != nullptr) cudaStreamSynchronize(launched_on_);  // a replay may be under way
    if (launchable_ != nullptr) cudaGraphExecDestroy(launchable_);
    if (graph_ != nullptr) cudaGraphDestroy(graph_);
    for (void* constant : constants_) cudaFreeHost(constant);
    cudaGetLastError();  // at the end of a program the runtime may be gone
  }

  void begin() override {
    const DeviceGuard guard(index_);
    stream_ = recording_stream(index_);
    check(cudaStreamBeginCapture(stream_, cudaStreamCaptureModeThreadLocal), "capture");
    scope_.emplace(stream_);
    recording = this;
  }

  void end() override {
    const DeviceGuard guard(index_);
    stop();
    check(cudaStreamEndCapture(stream_, &graph_), "capture");
    check(cudaGraphInstantiate(&launchable_, graph_, 0), "capture");
  }

  void abort() noexcept override {
    stop();
    cudaStreamEndCapture(stream_, &graph_);
    cudaGetLastError();  // that of the invalidated capture
  }

  void launch() override {
    const DeviceGuard guard(index_);
    launched_on_ = stream();
    check(cudaGraphLaunch(launchable_, launched_on_), "replay");
    check_launch("replay");
  }

  int64_t nodes() const override {
    size_t count = 0;
    check(cudaGraphGetNodes(graph_, nullptr, &count), "capture");
    return static_cast<int64_t>(count);
  }

  void* keep(const void* x, size_t bytes) {
    const AllowInCapture allow;
    void* constant = nullptr;
    check(cudaMallocHost(&constant, bytes), "capture");
    constants_.push_back(constant);
    std::memcpy(constant, x, bytes);
    return constant;
  }

 private:
  void stop() noexcept {
    scope_.reset();
    recording = nullptr;
  }

  int index_;
  cudaStream_t stream_ = nullptr;
  cudaGraph_t graph_ = nullptr;
  cudaGraphExec_t launchable_ = nullptr;
  cudaStream_t launched_on_ = nullptr;
  std::optional<RecordScope> scope_;
  std::vector<void*> constants_;
};

}  // namespace

std::unique_ptr<GraphDriver> make_graph_driver(Device device) {
  return std::make_unique<Driver>(device.index);
}

void copy_constant(void* out, const void* x, size_t bytes) {
  check(cudaMemcpyAsync(out, recording->keep(x, bytes), bytes, cudaMemcpyHostToDevice, stream()), "capture");
}

}  // namespace infograd::cuda
