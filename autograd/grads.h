// The gradients a backward function returns: one per input, undefined where there is none. Four inline, more
// on the heap.
#pragma once

#include <array>
#include <cstddef>
#include <initializer_list>
#include <vector>

#include <infograd/core/tensor.h>

namespace infograd {

class Grads {
 public:
  Grads() = default;
  Grads(std::initializer_list<Tensor> grads) {
    for (const Tensor& g : grads) push_back(g);
  }
  Grads(Tensor only) { push_back(std::move(only)); }  // NOLINT(google-explicit-constructor): `return g * y;`
  Grads(std::vector<Tensor> grads) {                  // NOLINT(google-explicit-constructor)
    for (Tensor& g : grads) push_back(std::move(g));
  }
  void push_back(Tensor grad) {
    if (size_ < inline_.size())
      inline_[size_] = std::move(grad);
    else
      heap_.push_back(std::move(grad));
    ++size_;
  }
  size_t size() const { return size_; }
  Tensor& operator[](size_t i) { return i < inline_.size() ? inline_[i] : heap_[i - inline_.size()]; }

 private:
  std::array<Tensor, 4> inline_;
  std::vector<Tensor> heap_;
  size_t size_ = 0;
};

/// Which inputs want a gradient; a backward may leave the others undefined to save work.
class Needs {
 public:
  bool operator[](size_t i) const { return i >= 64 || ((bits_ >> i) & 1U) != 0; }
  void set(size_t i) {
    if (i < 64) bits_ |= uint64_t{1} << i;
  }

 private:
  uint64_t bits_ = 0;
};

}  // namespace infograd
