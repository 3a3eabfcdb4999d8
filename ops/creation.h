// New tensors. Results are leaves outside any graph.
#pragma once

#include <initializer_list>
#include <span>
#include <type_traits>
#include <vector>

#include <infograd/core/tensor.h>

namespace infograd {

INFOGRAD_API Tensor zeros(const Shape& shape, DType dtype = DType::f32, Device device = cpu);
INFOGRAD_API Tensor ones(const Shape& shape, DType dtype = DType::f32, Device device = cpu);
INFOGRAD_API Tensor full(const Shape& shape, double value, DType dtype = DType::f32, Device device = cpu);
INFOGRAD_API Tensor empty_like(const Tensor& x);
INFOGRAD_API Tensor zeros_like(const Tensor& x);
INFOGRAD_API Tensor ones_like(const Tensor& x);
INFOGRAD_API Tensor full_like(const Tensor& x, double value);

/// start, start + step, ... below end (above, for a negative step). i64 by default.
INFOGRAD_API Tensor arange(double start, double end, double step = 1, DType dtype = DType::i64,
                           Device device = cpu);
INFOGRAD_API Tensor arange(int64_t n);
/// n points from start to end, both included.
INFOGRAD_API Tensor linspace(double start, double end, int64_t n, DType dtype = DType::f32,
                             Device device = cpu);
/// Identity [n, n].
INFOGRAD_API Tensor eye(int64_t n, DType dtype = DType::f32, Device device = cpu);

/// A 0-d tensor.
INFOGRAD_API Tensor scalar(double value, DType dtype = DType::f32, Device device = cpu);
/// Copies row-major values; numel must match.
template <class T>
Tensor from_data(std::span<const T> values, const Shape& shape);
template <class T>
Tensor from_data(const std::vector<T>& values, const Shape& shape) {
  return from_data(std::span<const T>(values), shape);
}
INFOGRAD_API Tensor from_data(const std::vector<bool>& values, const Shape& shape);
namespace detail {
/// A number in a literal. By a constructor, so that the compiler takes {1} in {{1}, {2}} for a row.
struct Number {
  template <class T>
  requires std::is_arithmetic_v<T> Number(T number)
      : value(static_cast<double>(number)) {}  // NOLINT(google-explicit-constructor)
  double value;
};
}  // namespace detail
/// Literals: tensor({1, 2, 3}) is f32 [3]; tensor({{1, 2}, {3, 4}}) is f32 [2, 2]; tensor({{1}, {2}}) a
/// column.
INFOGRAD_API Tensor tensor(std::initializer_list<detail::Number> values, DType dtype = DType::f32);
INFOGRAD_API Tensor tensor(std::initializer_list<std::initializer_list<double>> rows,
                           DType dtype = DType::f32);

}  // namespace infograd
