#include <utility>

#include <infograd/backends/capture.h>
#include <infograd/backends/cuda_device.h>
#include <infograd/backends/cuda_graph.h>
#include <infograd/backends/late_checks.h>
#include <infograd/backends/pretended_device.h>
#include <infograd/backends/registry.h>
#include <infograd/core/check.h>
#include <infograd/core/private_pool.h>

namespace infograd::cuda {

namespace {

/// What one capture holds. The driver goes first: what it recorded uses the rest.
struct Captured {
  memory::PrivatePool pool;
  Capture host;
  std::unique_ptr<GraphDriver> driver;

  Captured(const GraphOptions& options, std::unique_ptr<GraphDriver> driver_)
      : pool(options.device), host(options.device, options.generators), driver(std::move(driver_)) {}

  void record(const std::function<void()>& step) {
    const memory::PrivatePool::Use use(pool);
    host.record([&] {
      driver->begin();
      try {
        step();
      } catch (...) {
        driver->abort();
        throw;
      }
      driver->end();
    });
  }

  void launch() {
    host.upload();
    driver->launch();
    late::note_replay(host.device());
  }
};

}  // namespace

struct Graph::State {
  std::function<void()> step;
  GraphOptions options;
  int warm = 0;
  int64_t replays = 0;
  std::unique_ptr<Captured> captured;

  void capture() {
    late::prepare(options.device);
    auto fresh = std::make_unique<Captured>(options, graph_driver_factory()(options.device));
    fresh->record(step);
    captured = std::move(fresh);
  }
};

Graph::Graph(std::function<void()> step, const GraphOptions& options) {
  check<ValueError>(static_cast<bool>(step), "cuda::Graph: the step is empty");
  check<ValueError>(options.warmup >= 1, "cuda::Graph: warmup is {}, expected at least 1", options.warmup);
  if (!options.device.is_cpu()) {
    backend_for(options.device);  // says what is missing
    check<DeviceError>(is_available() || PretendedDevice::is(options.device), "cuda::Graph: {}",
                       why_unavailable());
    check<DeviceError>(graph_driver_factory() != nullptr, "cuda::Graph: nothing captures the work of {}",
                       to_string(options.device));
  }
  state_ = std::make_unique<State>();
  state_->step = std::move(step);
  state_->options = options;
  state_->options.generators.push_back(&default_generator());
}

Graph::~Graph() = default;
Graph::Graph(Graph&&) noexcept = default;
Graph& Graph::operator=(Graph&&) noexcept = default;

void Graph::operator()() {
  State& s = *state_;
  if (s.options.device.is_cpu()) return s.step();
  if (s.warm < s.options.warmup) {
    s.step();
    ++s.warm;
    return;
  }
  if (s.captured == nullptr)
    s.capture();  // the host's half of the first launch
  else
    s.captured->host.replay();
  s.captured->launch();
  ++s.replays;
}

bool Graph::captured() const {
  return state_->captured != nullptr;
}
int64_t Graph::replays() const {
  return state_->replays;
}
int64_t Graph::nodes() const {
  return captured() ? state_->captured->driver->nodes() : 0;
}
size_t Graph::bytes() const {
  return captured() ? state_->captured->pool.bytes() : 0;
}
void Graph::reset() {
  state_->captured = nullptr;
}

}  // namespace infograd::cuda
