// The bytes behind one or more tensors, with the version that in-place writes bump.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

#include <infograd/core/device.h>
#include <infograd/core/refcount.h>

namespace infograd {

class INFOGRAD_API Storage final : public RefCounted {
 public:
  /// Takes `bytes` from the caching allocator of `device`; not initialised.
  Storage(size_t bytes, Device device);
  /// Adopts foreign memory; `deleter` runs once, when the last alias dies.
  Storage(void* data, size_t bytes, Device device, std::function<void()> deleter);
  ~Storage() override;

  void* data() const { return data_; }
  size_t bytes() const { return bytes_; }
  Device device() const { return device_; }
  /// Counts in-place writes; a saved tensor compares it.
  uint32_t version() const { return version_; }
  void bump_version() { ++version_; }

 private:
  void* data_ = nullptr;
  size_t bytes_ = 0;
  Device device_;
  uint32_t version_ = 0;
  std::function<void()> deleter_;  // empty when the allocator owns the bytes
};

}  // namespace infograd
