// Private: a stable sort of numbers on the device.
#pragma once

#include <cstdint>

#include <infograd/backends/cuda/stream.h>

namespace infograd::cuda {

/// n keys, to be written to unsorted(); after sort(), keys() has them in order and order() where they were.
class SortedKeys {
 public:
  explicit SortedKeys(int64_t n) : n_(n), memory_(4 * sizeof(int64_t) * static_cast<size_t>(n)) {}

  int64_t* unsorted() const { return memory_.as<int64_t>(); }
  const int64_t* keys() const { return unsorted() + n_; }
  const int64_t* order() const { return unsorted() + 2 * n_; }

  /// Keys are 0 .. largest.
  void sort(int64_t largest);

 private:
  int64_t n_;
  Scratch memory_;
};

}  // namespace infograd::cuda
