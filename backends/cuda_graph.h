// A training step that is recorded once and from then on launched as a whole: the host no longer prepares
// each kernel.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include <infograd/core/device.h>
#include <infograd/core/export.h>
#include <infograd/core/generator.h>

namespace infograd::cuda {

struct GraphOptions {
  Device device = Device::cuda();  ///< where the step works; on the CPU every call runs it as usual
  int warmup = 2;  ///< calls before the one that is captured, at least 1: they make what is made once
  /// Whom the step draws random numbers from besides the default generator, for example
  /// model.generators(). They must outlive the graph.
  std::vector<Generator*> generators = {};
};

/// A step of forward, backward and optimizer:
///
///     Tensor loss, x = empty({256, 1, 28, 28}, DType::f32, device);
///     cuda::Graph step([&] {
///       optimizer.zero_grad();
///       loss = criterion(model(x));
///       loss.backward();
///       optimizer.step();
///     }, {.device = device});
///     for (const data::Batch& batch : loader) {
///       { const NoGrad off; copy_(x, data::to_float(batch.images)); }  // in place
///       step();
///     }
///
/// Each call is one step: the first `warmup` calls run it, the next captures and launches it, all others
/// replay it, with the results that running it would have given. What advances from step to step does so in
/// replays too: the generators, the step count and bias correction of Adam, learning rates (schedules,
/// set_lr).
///
/// While it is captured the step must not wait for the device (item(), to(cpu), reports of losses), must not
/// copy from the host (fill a tensor before the call instead), and must take the same path for every batch:
/// one shape, no decision on values. What breaks this throws Error or ValueError, naming it; generators,
/// optimizers and memory are then as before the call. Parameters of the host (a loss's weight, the rate of an
/// optimizer other than SGD, Adam and AdamW) keep their captured value until reset().
///
/// Tensors that the step made (`loss`, gradients) live in memory of the graph, written anew by each call. It
/// comes from the allocator of the device, is not used by anything else, and goes back when the graph dies.
class INFOGRAD_API Graph {
 public:
  /// Throws DeviceError when the device has no graphs (none is there, or no CUDA in this build), ValueError
  /// for an empty step or warmup < 1.
  explicit Graph(std::function<void()> step, const GraphOptions& options = {});
  ~Graph();
  Graph(Graph&&) noexcept;
  Graph& operator=(Graph&&) noexcept;

  /// One step.
  void operator()();
  /// Whether calls replay by now.
  bool captured() const;
  /// Calls so far that launched what was captured.
  int64_t replays() const;
  /// Kernels and copies of a replay; 0 before the capture.
  int64_t nodes() const;
  /// Memory of the device that belongs to the graph.
  size_t bytes() const;
  /// Forgets what was captured; the next call captures again. Needed after a change of shapes, of the modules
  /// or of anything the step takes from the host.
  void reset();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace infograd::cuda
