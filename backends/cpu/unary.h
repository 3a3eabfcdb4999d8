// Private: which functions of one operand have a vector kernel; the others go through <cmath> in double.
#pragma once

#include <infograd/backends/args.h>

namespace infograd {

constexpr bool has_vector_form(UnaryOp op) {
  switch (op) {
    case UnaryOp::lgamma:
    case UnaryOp::digamma:
    case UnaryOp::trigamma:
    case UnaryOp::pow:
    case UnaryOp::logical_not:
    case UnaryOp::isfinite:
      return false;
    default:
      return true;
  }
}

}  // namespace infograd
