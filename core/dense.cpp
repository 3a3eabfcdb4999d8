#include <array>

#include <infograd/core/dense.h>

namespace infograd {
namespace {

// Axes with more than one element, from the largest stride to the smallest.
int axes_by_stride(const Shape& shape, const Strides& strides, std::array<int, kMaxRank>& order) {
  int n = 0;
  for (int axis = 0; axis < shape.rank(); ++axis) {
    if (shape[axis] == 1) continue;
    int at = n++;
    for (; at > 0 && strides[order[static_cast<size_t>(at - 1)]] < strides[axis]; --at)
      order[static_cast<size_t>(at)] = order[static_cast<size_t>(at - 1)];
    order[static_cast<size_t>(at)] = axis;
  }
  return n;
}

}  // namespace

bool is_dense(const Shape& shape, const Strides& strides) {
  std::array<int, kMaxRank> order{};
  int64_t expected = 1;
  for (int i = axes_by_stride(shape, strides, order); i-- > 0;) {
    const int axis = order[static_cast<size_t>(i)];
    if (strides[axis] != expected) return false;
    expected *= shape[axis];
  }
  return true;
}

}  // namespace infograd
