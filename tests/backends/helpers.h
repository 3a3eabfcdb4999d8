// Tensors for tests of backends, made without any op.
#pragma once

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include <infograd/backends/element.h>
#include <infograd/backends/registry.h>

namespace infograd::test {

using Values = std::vector<double>;

/// Writes row-major values through any strides.
void assign(const Tensor& t, const Values& values);

inline Tensor make(const Shape& shape, const Values& values, DType dtype = DType::f64) {
  Tensor t = empty(shape, dtype);
  assign(t, values);
  return t;
}

/// The elements in row-major order, any dtype and strides.
Values values(const Tensor& t);

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
