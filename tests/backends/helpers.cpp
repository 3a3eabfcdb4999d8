// Optimised in every build: the tests move hundreds of millions of elements through these.
#include "tests/backends/helpers.h"

#include <array>

namespace infograd::test {

namespace {

// Calls visit(i, offset) for every element: its row-major number, and where it lies.
template <class Visit>
void walk(const Tensor& t, const Visit& visit) {
  const Shape shape = t.shape();
  const Strides strides = t.strides();
  std::array<int64_t, kMaxRank> index{};
  const int64_t n = shape.numel();
  int64_t offset = 0;
  for (int64_t i = 0; i < n; ++i) {
    visit(i, offset);
    for (int axis = shape.rank() - 1; axis >= 0; --axis) {
      int64_t& at = index[static_cast<size_t>(axis)];
      offset += strides[axis];
      if (++at < shape[axis]) break;
      offset -= strides[axis] * shape[axis];
      at = 0;
    }
  }
}

}  // namespace

void assign(const Tensor& t, const Values& values) {
  ASSERT_EQ(t.numel(), static_cast<int64_t>(values.size()));
  visit_dtype(t.dtype(), [&](auto zero) {
    using T = decltype(zero);
    T* data = static_cast<T*>(t.raw_data());
    walk(t, [&](int64_t i, int64_t offset) { data[offset] = convert<T>(values[static_cast<size_t>(i)]); });
  });
}

Values values(const Tensor& t) {
  Values result(static_cast<size_t>(t.numel()));
  visit_dtype(t.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T* data = static_cast<const T*>(t.raw_data());
    walk(t,
         [&](int64_t i, int64_t offset) { result[static_cast<size_t>(i)] = convert<double>(data[offset]); });
  });
  return result;
}

}  // namespace infograd::test
