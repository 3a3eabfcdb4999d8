// A short list of axes, stored inline: `sum(x, {0, -1})` costs no allocation.
#pragma once

#include <array>
#include <initializer_list>
#include <vector>

#include <infograd/core/shape.h>

namespace infograd {

/// Axes of a tensor; negative ones count from the end. What an empty list means is up to the op (reductions:
/// all axes).
class INFOGRAD_API Axes {
 public:
  Axes() = default;
  Axes(std::initializer_list<int> axes) {
    for (int axis : axes) push_back(axis);
  }
  Axes(const std::vector<int>& axes) {  // NOLINT(google-explicit-constructor): a computed list works as well
    for (int axis : axes) push_back(axis);
  }

  /// Throws ShapeError beyond kMaxRank entries.
  void push_back(int axis);
  int size() const { return size_; }
  bool empty() const { return size_ == 0; }
  int operator[](int i) const { return values_[static_cast<size_t>(i)]; }
  const int* begin() const { return values_.data(); }
  const int* end() const { return values_.data() + size_; }

 private:
  std::array<int, kMaxRank> values_{};
  int size_ = 0;
};

}  // namespace infograd
