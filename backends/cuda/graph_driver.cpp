#include <cstring>
#include <optional>

#include <infograd/backends/cuda/graph_driver.h>
#include <infograd/backends/cuda/stream.h>
#include <infograd/core/check.h>

namespace infograd::cuda {

namespace {

class Driver;
thread_local Driver* recording = nullptr;

class Driver final : public GraphDriver {
 public:
  explicit Driver(int index) : index_(index) {}
  Driver(const Driver&) = delete;
  Driver& operator=(const Driver&) = delete;
  ~Driver() override {
    if (launchable_ != nullptr) cudaGraphExecDestroy(launchable_);  // freed once a replay under way is done
    if (launchable_ != nullptr && !constants_.empty()) cudaDeviceSynchronize();  // it may still read them
    if (graph_ != nullptr) cudaGraphDestroy(graph_);
    if (stream_ != nullptr) cudaStreamDestroy(stream_);
    for (void* constant : constants_) cudaFreeHost(constant);
    cudaGetLastError();  // at the end of a program the runtime may be gone
  }

  void begin() override {
    const DeviceGuard guard(index_);
    check(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "capture");
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
    check(cudaGraphLaunch(launchable_, stream()), "replay");
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
