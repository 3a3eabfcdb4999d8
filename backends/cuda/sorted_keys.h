// Private: a stable sort of numbers on the device.
#pragma once

#include <cstdint>

#include <infograd/backends/cuda/stream.h>

namespace infograd::cuda {

/// n keys, to be written to unsorted(); after sort(), keys() has them in order and order() where they were.
class SortedKeys {
 public:
  explicit SortedKeys(int64_t n)
      : n_(n), memory_(4 * sizeof(int64_t) * static_cast<size_t>(n)), order_(part(2)), spare_(part(3)) {}

  int64_t* unsorted() const { return part(0); }
  const int64_t* keys() const { return part(1); }
  const int64_t* order() const { return order_; }

  /// Keys are 0 .. largest, as unsigned numbers.
  void sort(uint64_t largest);
  /// What sort() has put in order, by other keys: unsorted() has one for each of order().
  void sort_again(uint64_t largest);

 private:
  int64_t* part(int64_t i) const { return memory_.as<int64_t>() + i * n_; }
  int64_t n_;
  Scratch memory_;
  int64_t* order_;
  int64_t* spare_;
};

}  // namespace infograd::cuda
