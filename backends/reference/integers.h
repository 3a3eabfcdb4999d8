// Private: element-wise arithmetic of i64 and u8. Overflow wraps (modulo 2^64, then 2^8 for u8); what has no
// integer result throws.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>

#include <infograd/backends/args.h>
#include <infograd/backends/element.h>
#include <infograd/backends/scalar_ops.h>

namespace infograd::reference {

inline int64_t wrapping_add(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
}
inline int64_t wrapping_mul(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) * static_cast<uint64_t>(b));
}

/// A parameter of an integer op; throws ValueError when it is not a whole number.
inline int64_t whole(double value) {
  if (value != std::rint(value) || std::abs(value) >= 0x1p63)
    throw ValueError("an integer tensor needs whole parameters, got " + std::to_string(value) +
                     "; convert it to a floating dtype first");
  return static_cast<int64_t>(value);
}

/// Truncates towards zero; throws ValueError for a zero divisor.
inline int64_t divide(int64_t a, int64_t b) {
  if (b == 0) throw ValueError("div: integer division by zero");
  return b == -1 ? wrapping_mul(a, -1) : a / b;  // INT64_MIN / -1 would trap
}

inline int64_t power(int64_t base, int64_t exponent) {
  if (exponent < 0) throw ValueError("pow: an integer has no integer power " + std::to_string(exponent));
  int64_t result = 1;
  for (; exponent > 0; exponent /= 2, base = wrapping_mul(base, base))
    if (exponent % 2 == 1) result = wrapping_mul(result, base);
  return result;
}

/// clamp's bound as an integer: the nearest one inside [lower, upper] is what a real clamp would give.
inline int64_t lower_bound(double bound) {
  return convert<int64_t>(std::ceil(bound));
}
inline int64_t upper_bound(double bound) {
  return convert<int64_t>(std::floor(bound));
}

inline int64_t unary(UnaryOp op, int64_t x, double p0, double p1) {
  switch (op) {
    case UnaryOp::neg:
      return wrapping_mul(x, -1);
    case UnaryOp::abs:
      return x < 0 ? wrapping_mul(x, -1) : x;
    case UnaryOp::sign:
      return (x > 0) - (x < 0);
    case UnaryOp::relu:
      return x < 0 ? 0 : x;
    case UnaryOp::square:
      return wrapping_mul(x, x);
    case UnaryOp::floor:
    case UnaryOp::ceil:
    case UnaryOp::round:
      return x;
    case UnaryOp::clamp:
      return scalar_math::Clamp::f(x, lower_bound(p0), upper_bound(p1));
    case UnaryOp::pow:
      return power(x, whole(p0));
    case UnaryOp::affine:
      return wrapping_add(wrapping_mul(whole(p0), x), whole(p1));
    default:
      throw_dtype("this element-wise function", DType::i64);
  }
}

inline int64_t binary(BinaryOp op, int64_t a, int64_t b, double alpha) {
  switch (op) {
    case BinaryOp::add:
      return wrapping_add(a, wrapping_mul(whole(alpha), b));
    case BinaryOp::sub:
      return wrapping_add(a, wrapping_mul(b, -1));
    case BinaryOp::mul:
      return wrapping_mul(a, b);
    case BinaryOp::div:
      return divide(a, b);
    case BinaryOp::pow:
      return power(a, b);
    case BinaryOp::maximum:
      return a > b ? a : b;
    default:
      return a < b ? a : b;
  }
}

}  // namespace infograd::reference
