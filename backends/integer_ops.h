// Private: element-wise arithmetic of i64 and u8, for host and device code. Overflow wraps (modulo 2^64, then
// 2^8 for u8). What has no integer result (division by 0, a negative power) gives 0: a host checks before.
#pragma once

#include <cmath>
#include <cstdint>

#include <infograd/backends/args.h>
#include <infograd/backends/element.h>
#include <infograd/backends/scalar_ops.h>

namespace infograd::integer_ops {

INFOGRAD_HD constexpr int64_t wrapping_add(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
}
INFOGRAD_HD constexpr int64_t wrapping_mul(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) * static_cast<uint64_t>(b));
}

/// Truncates towards zero.
INFOGRAD_HD constexpr int64_t divide(int64_t a, int64_t b) {
  if (b == 0) return 0;
  return b == -1 ? wrapping_mul(a, -1) : a / b;  // INT64_MIN / -1 would trap
}

INFOGRAD_HD constexpr int64_t power(int64_t base, int64_t exponent) {
  if (exponent < 0) return 0;
  int64_t result = 1;
  for (; exponent > 0; exponent /= 2, base = wrapping_mul(base, base))
    if (exponent % 2 == 1) result = wrapping_mul(result, base);
  return result;
}

/// Which element-wise functions integers have.
constexpr bool has(UnaryOp op) {
  switch (op) {
    case UnaryOp::neg:
    case UnaryOp::abs:
    case UnaryOp::sign:
    case UnaryOp::relu:
    case UnaryOp::square:
    case UnaryOp::floor:
    case UnaryOp::ceil:
    case UnaryOp::round:
    case UnaryOp::clamp:
    case UnaryOp::pow:
    case UnaryOp::affine:
      return true;
    default:
      return false;
  }
}

/// The parameters of `op` as integers. Those of clamp are rounded inwards: a real clamp would give the same.
/// Throws ValueError when one must be whole and is not.
struct Parameters {
  int64_t p0 = 0, p1 = 0;
};
inline int64_t whole(double value) {
  if (value != std::rint(value) || std::abs(value) >= 0x1p63)
    throw ValueError("an integer tensor needs whole parameters, got " + std::to_string(value) +
                     "; convert it to a floating dtype first");
  return static_cast<int64_t>(value);
}
inline Parameters parameters(UnaryOp op, double p0, double p1) {
  switch (op) {
    case UnaryOp::clamp:
      return {convert<int64_t>(std::ceil(p0)), convert<int64_t>(std::floor(p1))};
    case UnaryOp::pow:
      return {whole(p0), 0};
    case UnaryOp::affine:
      return {whole(p0), whole(p1)};
    default:
      return {};
  }
}

INFOGRAD_HD inline int64_t unary(UnaryOp op, int64_t x, Parameters p) {
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
    case UnaryOp::clamp:
      return scalar_math::Clamp::f(x, p.p0, p.p1);
    case UnaryOp::pow:
      return power(x, p.p0);
    case UnaryOp::affine:
      return wrapping_add(wrapping_mul(p.p0, x), p.p1);
    default:  // floor, ceil, round
      return x;
  }
}

INFOGRAD_HD inline int64_t binary(BinaryOp op, int64_t a, int64_t b, int64_t alpha) {
  switch (op) {
    case BinaryOp::add:
      return wrapping_add(a, wrapping_mul(alpha, b));
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

}  // namespace infograd::integer_ops
