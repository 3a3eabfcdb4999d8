// Private: objects of which each device has one.
#pragma once

#include <array>
#include <cstddef>
#include <mutex>
#include <utility>

#include <infograd/core/device_memory.h>

namespace infograd::cuda {

/// The T of device `index`, made from `args` at the first call; never destroyed, as the stream. The index is
/// known to be in range.
template <class T, class... Args>
T& of_device(int index, Args&&... args) {
  static std::mutex mutex;
  static std::array<T*, memory::kMaxDevices> instances{};
  const std::lock_guard lock(mutex);
  T*& instance = instances[static_cast<size_t>(index)];
  if (instance == nullptr) instance = new T(std::forward<Args>(args)...);
  return *instance;
}

}  // namespace infograd::cuda
