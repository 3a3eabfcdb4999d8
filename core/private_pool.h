// Private: memory that belongs to one owner, such as a captured graph, inside the allocator of a device.
#pragma once

#include <cstddef>
#include <memory>

#include <infograd/core/device.h>
#include <infograd/core/export.h>

namespace infograd::memory {

struct Pool;

/// Blocks that nobody else gets while the pool lives, so that work which was recorded with their addresses
/// may run again. Destroying it gives back what is free; what is still held follows when it is freed.
class INFOGRAD_API PrivatePool {
 public:
  explicit PrivatePool(Device device);
  ~PrivatePool();
  PrivatePool(const PrivatePool&) = delete;
  PrivatePool& operator=(const PrivatePool&) = delete;

  /// Everything that belongs to it, held or not.
  size_t bytes() const;

  /// While alive, this thread allocates on the device from the pool, then from blocks that nobody holds, then
  /// from the device; all of it, and all that this thread frees there, belongs to the pool from then on. No
  /// block goes back to the device meanwhile. One at a time per thread.
  class INFOGRAD_API Use {
   public:
    explicit Use(PrivatePool& pool);
    ~Use();
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;
  };

 private:
  std::unique_ptr<Pool> pool_;
};

}  // namespace infograd::memory
