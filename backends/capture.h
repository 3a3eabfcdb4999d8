// Private: what a captured step (cuda_graph.h) needs from the host: at every replay kernels find new numbers
// at the same addresses.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include <infograd/core/generator.h>
#include <infograd/core/tensor.h>

namespace infograd {

/// Records the work of a stream and runs it again. One per captured step.
class INFOGRAD_API GraphDriver {
 public:
  virtual ~GraphDriver() = default;
  virtual void begin() = 0;  ///< from now on the work of this thread is recorded and not run
  virtual void end() = 0;    ///< what was recorded can be launched
  virtual void abort() noexcept = 0;
  virtual void launch() = 0;
  virtual int64_t nodes() const = 0;
};
/// Null where a device has none.
using GraphDriverFactory = std::unique_ptr<GraphDriver> (*)(Device device);
/// Returns the one before.
INFOGRAD_API GraphDriverFactory serve_graphs(GraphDriverFactory factory);
INFOGRAD_API GraphDriverFactory graph_driver_factory();

/// Where a kernel finds the key of its draw: `base` is in memory of the device and moves on at every replay,
/// `key.offset` counts from there. Without base, `key` is all there is.
struct PhiloxSource {
  PhiloxKey key;
  const PhiloxKey* base = nullptr;
};

/// The host's half of a captured step. While recording it hands out places in device memory, while replaying
/// it writes them anew, in the same order.
class INFOGRAD_API Capture {
 public:
  static constexpr size_t kTableBytes = size_t{64} << 10U;

  /// Allocates the table. The generators must outlive it.
  Capture(Device device, std::vector<Generator*> generators);

  /// The one that records or replays on this thread; null outside.
  static Capture* current();
  bool replaying() const { return phase_ == Phase::replaying; }
  Device device() const { return device_; }

  /// Numbers that kernels read at the returned address of the device. The k-th call of a replay writes to
  /// the place of the k-th call of the recording. Throws Error when the table is full.
  const void* constants(const void* values, size_t bytes);
  /// Throws ValueError for a key that no named generator drew in this step: it would repeat.
  PhiloxSource source_of(const PhiloxKey& key) const;
  /// What the host has to do again before each launch, and how to take it back when that fails.
  struct Again {
    std::function<void()> replay, undo;
  };
  void at_replay(Again again) { again_.push_back(std::move(again)); }

  /// Runs f as the recording; if it throws, generators and all that was noted are as before.
  void record(const std::function<void()>& f);
  /// The host's half of the next step; if it throws, all is as before.
  void replay();
  /// Copies the table to the device, in the order of its work.
  void upload() const;

 private:
  enum class Phase { idle, recording, replaying };
  class Scope;
  struct Source {
    Generator* generator;
    Generator::State first;  ///< at the beginning of the recorded step
    uint64_t blocks = 0;     ///< drawn by a step
  };
  void* address(size_t offset) const;
  void write(size_t offset, const void* values, size_t bytes);
  void write_keys();
  void restore_generators(const std::vector<Generator::State>& states);
  std::vector<Generator::State> generator_states() const;

  Device device_;
  Phase phase_ = Phase::idle;
  Tensor table_;  // u8 of the device
  std::vector<std::byte> mirror_;
  size_t used_ = 0;
  std::vector<std::pair<size_t, size_t>> places_;  // offset and bytes of each constants()
  size_t next_place_ = 0;
  std::vector<Source> sources_;
  std::vector<Again> again_;
};

/// While alive, copies from the host to a device on this thread are of constants: a captured step keeps the
/// values that it saw.
class INFOGRAD_API ConstantsScope {
 public:
  ConstantsScope();
  ~ConstantsScope();
  ConstantsScope(const ConstantsScope&) = delete;
  ConstantsScope& operator=(const ConstantsScope&) = delete;
  static bool alive();

 private:
  bool before_;
};

/// Throws Error, saying what to do instead, while a step of `device` is recorded on this thread: nothing
/// there may wait for the device or copy what the host changes between steps.
INFOGRAD_API void refuse_to_wait_in_capture(std::string_view who, Device device);
INFOGRAD_API void refuse_host_copy_in_capture(Device device);

}  // namespace infograd
