// One caching allocator per device: 64-byte alignment, size classes, best fit below twice the request.
#pragma once

#include <cstddef>
#include <cstdint>

#include <infograd/core/device.h>
#include <infograd/core/export.h>

namespace infograd::memory {

struct Stats {
  size_t active_bytes = 0;          ///< handed out and not returned
  size_t active_blocks = 0;         ///< how many they are: tensors, saved values, buffers of kernels
  size_t cached_bytes = 0;          ///< returned and kept for reuse
  size_t pooled_bytes = 0;          ///< returned and kept by captured graphs (cuda_graph.h)
  size_t peak_active_bytes = 0;     ///< highest active_bytes since the last reset_peak()
  size_t peak_reserved_bytes = 0;   ///< highest active + cached + pooled since the last reset_peak()
  uint64_t allocations = 0;         ///< requests served
  uint64_t system_allocations = 0;  ///< requests that had to ask the system: 0 per step in steady state
};

/// Counters of a device's allocator.
INFOGRAD_API Stats stats(Device device = cpu);
/// Starts peak_* again from the present values.
INFOGRAD_API void reset_peak(Device device = cpu);
/// Gives cached blocks back to the system.
INFOGRAD_API void release_cached(Device device = cpu);
/// Upper bound of cached_bytes; beyond it the least recently freed blocks go back to the system. Default 4
/// GiB.
INFOGRAD_API void set_cache_limit(size_t bytes, Device device = cpu);

/// 64-byte aligned block, not initialised. 0 bytes gives a valid unique-or-null pointer that may be freed.
INFOGRAD_API void* allocate(size_t bytes, Device device);
/// `bytes` must be what was asked for.
INFOGRAD_API void deallocate(void* block, size_t bytes, Device device) noexcept;

/// RAII scratch memory for kernels (CPU).
class Scratch {
 public:
  explicit Scratch(size_t bytes) : data_(allocate(bytes, cpu)), bytes_(bytes) {}
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() { deallocate(data_, bytes_, cpu); }
  void* data() const { return data_; }
  template <class T>
  T* as() const {
    return static_cast<T*>(data_);
  }

 private:
  void* data_;
  size_t bytes_;
};

}  // namespace infograd::memory
