// Private: element-wise arithmetic of i64 and u8 (backends/integer_ops.h) with its errors.
#pragma once

#include <cstdint>
#include <string>

#include <infograd/backends/integer_ops.h>

namespace infograd::reference {

using integer_ops::wrapping_add;
using integer_ops::wrapping_mul;

inline void check_exponent(int64_t exponent) {
  if (exponent < 0) throw ValueError("pow: an integer has no integer power " + std::to_string(exponent));
}

inline int64_t unary(UnaryOp op, int64_t x, double p0, double p1) {
  if (!integer_ops::has(op)) throw_dtype("this element-wise function", DType::i64);
  const integer_ops::Parameters p = integer_ops::parameters(op, p0, p1);
  if (op == UnaryOp::pow) check_exponent(p.p0);
  return integer_ops::unary(op, x, p);
}

inline int64_t binary(BinaryOp op, int64_t a, int64_t b, double alpha) {
  if (op == BinaryOp::div && b == 0) throw ValueError("div: integer division by zero");
  if (op == BinaryOp::pow) check_exponent(b);
  return integer_ops::binary(op, a, b, op == BinaryOp::add ? integer_ops::whole(alpha) : 1);
}

}  // namespace infograd::reference
