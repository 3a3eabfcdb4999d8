// Tensors for tests of backends, made without any op.
#pragma once

#include <array>
#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include <infograd/backends/element.h>
#include <infograd/backends/registry.h>

namespace infograd::test {

using Values = std::vector<double>;

/// Calls visit(i, offset) for every element: its row-major number, and where it lies.
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

/// Writes row-major values through any strides.
inline void assign(const Tensor& t, const Values& values) {
  ASSERT_EQ(t.numel(), static_cast<int64_t>(values.size()));
  visit_dtype(t.dtype(), [&](auto zero) {
    using T = decltype(zero);
    T* data = static_cast<T*>(t.raw_data());
    walk(t, [&](int64_t i, int64_t offset) { data[offset] = convert<T>(values[static_cast<size_t>(i)]); });
  });
}

inline Tensor make(const Shape& shape, const Values& values, DType dtype = DType::f64) {
  Tensor t = empty(shape, dtype);
  assign(t, values);
  return t;
}

/// The elements in row-major order, any dtype and strides.
inline Values values(const Tensor& t) {
  Values result(static_cast<size_t>(t.numel()));
  visit_dtype(t.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T* data = static_cast<const T*>(t.raw_data());
    walk(t,
         [&](int64_t i, int64_t offset) { result[static_cast<size_t>(i)] = convert<double>(data[offset]); });
  });
  return result;
}

/// sin(0.7 i + phase): the inputs of tests/golden/backends.py.
inline Values wave_values(int64_t n, double phase, double scale = 1, double shift = 0) {
  Values result(static_cast<size_t>(n));
  for (int64_t i = 0; i < n; ++i)
    result[static_cast<size_t>(i)] = scale * std::sin(0.7 * static_cast<double>(i) + phase) + shift;
  return result;
}
inline Tensor wave(const Shape& shape, double phase, double scale = 1, double shift = 0,
                   DType dtype = DType::f64) {
  return make(shape, wave_values(shape.numel(), phase, scale, shift), dtype);
}

/// The same values with the axes in reverse order in memory.
inline Tensor transposed(const Tensor& t) {
  Strides strides(Dims::filled(t.rank(), 1));
  for (int axis = 1; axis < t.rank(); ++axis) strides[axis] = strides[axis - 1] * t.shape()[axis - 1];
  Tensor result = empty_strided(t.shape(), strides, t.dtype());
  assign(result, values(t));
  return result;
}

/// Equal within |a - b| <= tolerance * max(1, |b|); NaN equals NaN, infinities must match.
inline void expect_values(const Values& actual, const Values& expected, double tolerance = 0) {
  ASSERT_EQ(actual.size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i) {
    if (std::isnan(expected[i]))
      EXPECT_TRUE(std::isnan(actual[i])) << "element " << i << " is " << actual[i];
    else if (std::isinf(expected[i]))
      EXPECT_EQ(actual[i], expected[i]) << "element " << i;
    else
      EXPECT_NEAR(actual[i], expected[i], tolerance * std::max(1.0, std::abs(expected[i])))
          << "element " << i;
  }
}
inline void expect_values(const Tensor& actual, const Values& expected, double tolerance = 0) {
  expect_values(values(actual), expected, tolerance);
}

inline Backend& reference() {
  return backend_by_name("reference");
}

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

}  // namespace infograd::test
