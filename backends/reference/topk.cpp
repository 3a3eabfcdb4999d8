// The k largest or smallest along an axis, sorted; at ties the lower index comes first. NaN counts as
// largest.
#include <algorithm>
#include <numeric>
#include <vector>

#include <infograd/backends/reference/elements.h>
#include <infograd/backends/reference/reference_backend.h>

namespace infograd {

using namespace reference;

void ReferenceBackend::topk(View values, View indices, ConstView x, int axis, bool largest) {
  const int64_t n = x.shape[axis], k = values.shape[axis];
  std::vector<int64_t> order(static_cast<size_t>(n));
  visit_dtype(x.dtype, [&](auto zero) {
    using T = decltype(zero);
    const Elements<T> in(x), values_of(values);
    const Elements<int64_t> indices_of(indices);
    const std::array lines{without(values.strides, axis), without(indices.strides, axis),
                           without(x.strides, axis)};
    for_each(without(x.shape, axis), lines, [&](int64_t v0, int64_t i0, int64_t x0) {
      const auto value = [&](int64_t i) { return in.at(x0 + i * x.strides[axis]); };
      const auto greater = [&](int64_t i, int64_t j) {
        const auto a = value(i), b = value(j);
        return a > b || (a != a && b == b);
      };
      std::iota(order.begin(), order.end(), int64_t{0});
      std::partial_sort(order.begin(), order.begin() + k, order.end(), [&](int64_t i, int64_t j) {
        if (largest ? greater(i, j) : greater(j, i)) return true;
        return !(largest ? greater(j, i) : greater(i, j)) && i < j;
      });
      for (int64_t rank = 0; rank < k; ++rank) {
        const int64_t chosen = order[static_cast<size_t>(rank)];
        values_of.set_at(v0 + rank * values.strides[axis], value(chosen));
        indices_of.set_at(i0 + rank * indices.strides[axis], chosen);
      }
    });
  });
}

}  // namespace infograd
