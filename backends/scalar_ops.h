// The one list of element-wise functions: value, derivative, and what the derivative is written with. Host
// and device code share it. To add one: a struct here and a line in visit().
#pragma once

#include <cmath>
#include <limits>

#include <infograd/backends/args.h>
#include <infograd/backends/special_functions.h>

namespace infograd::scalar_math {

/// What f'(x) is computed from.
enum class Uses : uint8_t {
  nothing,  ///< a constant
  x,        ///< the argument
  y,        ///< the value f(x)
  none      ///< there is no derivative
};

// Each struct has f(x, p, q), df(x, y, p, q) with y = f(x), and `uses`; T is float or double; p, q are p0, p1
// of the call.
// clang-format off
struct Neg {
  static constexpr Uses uses = Uses::nothing;
  template <class T> INFOGRAD_HD static T f(T x, T, T) { return -x; }
  template <class T> INFOGRAD_HD static T df(T, T, T, T) { return -1; }
};
struct Sign {  // keeps NaN
  static constexpr Uses uses = Uses::nothing;
  template <class T> INFOGRAD_HD static T f(T x, T, T) { return x > 0 ? T(1) : x < 0 ? T(-1) : x; }
  template <class T> INFOGRAD_HD static T df(T, T, T, T) { return 0; }
};
struct Abs {
  static constexpr Uses uses = Uses::x;
  template <class T> INFOGRAD_HD static T f(T x, T, T) { return std::abs(x); }
  template <class T> INFOGRAD_HD static T df(T x, T, T p, T q) { return Sign::f(x, p, q); }
};
struct Sqrt {
  static constexpr Uses uses = Uses::y;
  template <class T> INFOGRAD_HD static T f(T x, T, T) { return std::sqrt(x); }
  template <class T> INFOGRAD_HD static T df(T, T y, T, T) { return T(0.5) / y; }
};
struct Rsqrt {
  static constexpr Uses uses = Uses::y;
  template <class T> INFOGRAD_HD static T f(T x, T, T) { return 1 / std::sqrt(x); }
  template <class T> INFOGRAD_HD static T df(T, T y, T, T) { return T(-0.5) * y * y * y; }
};
struct Exp {
  static constexpr Uses uses = Uses::y;
  template <class T> INFOGRAD_HD static T f(T x, T, T) { return std::exp(x); }
  template <class T> INFOGRAD_HD static T df(T, T y, T, T) { return y; }
};
struct Expm1 {
  static constexpr Uses uses = Uses::y;
  template <class T> INFOGRAD_HD static T f(T x, T, T) { return std::expm1(x); }
  template <class T> INFOGRAD_HD static T df(T, T y, T, T) { return y + 1; }
};
struct Log {
  static constexpr Uses uses = Uses::x;
  template <class T> INFOGRAD_HD static T f(T x, T, T) { return std::log(x); }
  template <class T> INFOGRAD_HD static T df(T x, T, T, T) { return 1 / x; }
};
struct Log1p {
  static constexpr Uses uses = Uses::x;
  template <class T> INFOGRAD_HD static T f(T x, T, T) { return std::log1p(x); }
  template <class T> INFOGRAD_HD static T df(T x, T, T, T) { return 1 / (1 + x); }
};
struct Sin {
  static constexpr Uses uses = Uses::x;
  template <class T> INFOGRAD_HD static T f(T x, T, T) { return std::sin(x); }
  template <class T> INFOGRAD_HD static T df(T x, T, T, T) { return std::cos(x); }
};
struct Cos {
  static constexpr Uses uses = Uses::x;
  template <class T> INFOGRAD_HD static T f(T x, T, T) { return std::cos(x); }
  template <class T> INFOGRAD_HD static T df(T x, T, T, T) { return -std::sin(x); }
};
struct Tanh {
  static constexpr Uses uses = Uses::y;
  template <class T> INFOGRAD_HD static T f(T x, T, T) { return std::tanh(x); }
  template <class T> INFOGRAD_HD static T df(T, T y, T, T) { return 1 - y * y; }
};
struct Sigmoid {
  static constexpr Uses uses = Uses::y;
  template <class T>
  INFOGRAD_HD static T f(T x, T, T) {
    const T e = std::exp(-std::abs(x));  // never overflows
    return (x >= 0 ? T(1) : e) / (1 + e);
  }
  template <class T> INFOGRAD_HD static T df(T, T y, T, T) { return y * (1 - y); }
};
struct Softplus {
  static constexpr Uses uses = Uses::x;
  template <class T> INFOGRAD_HD static T f(T x, T, T) {
    return (x < 0 ? T(0) : x) + std::log1p(std::exp(-std::abs(x)));
  }
  template <class T> INFOGRAD_HD static T df(T x, T, T p, T q) { return Sigmoid::f(x, p, q); }
};
struct Relu {
  static constexpr Uses uses = Uses::y;
  template <class T> INFOGRAD_HD static T f(T x, T, T) { return x < 0 ? T(0) : x; }  // keeps NaN
  template <class T> INFOGRAD_HD static T df(T, T y, T, T) { return y > 0 ? T(1) : T(0); }
};
struct LeakyRelu {  // p: slope for x < 0
  static constexpr Uses uses = Uses::x;
  template <class T> INFOGRAD_HD static T f(T x, T slope, T) { return x > 0 ? x : slope * x; }
  template <class T> INFOGRAD_HD static T df(T x, T, T slope, T) { return x > 0 ? T(1) : slope; }
};
struct Elu {  // p: alpha
  static constexpr Uses uses = Uses::x;
  template <class T> INFOGRAD_HD static T f(T x, T alpha, T) { return x > 0 ? x : alpha * std::expm1(x); }
  template <class T> INFOGRAD_HD static T df(T x, T, T alpha, T) {
    return x > 0 ? T(1) : alpha * std::exp(x);
  }
};
struct Gelu {  // x Phi(x), Phi the normal distribution function
  static constexpr Uses uses = Uses::x;
  template <class T> INFOGRAD_HD static T phi(T x) {
    return T(0.5) * std::erfc(x * T(-0.70710678118654752440));
  }
  template <class T> INFOGRAD_HD static T f(T x, T, T) { return x * phi(x); }
  template <class T> INFOGRAD_HD static T df(T x, T, T, T) {
    return phi(x) + x * T(0.39894228040143267794) * std::exp(T(-0.5) * x * x);
  }
};
struct GeluTanh {  // 0.5 x (1 + tanh u) = x sigmoid(2u), u = sqrt(2/pi) (x + 0.044715 x^3)
  static constexpr Uses uses = Uses::x;
  static constexpr double k = 0.79788456080286535588, c = 0.044715;
  template <class T> INFOGRAD_HD static T sigmoid_2u(T x) {
    return Sigmoid::f(T(2 * k) * (x + T(c) * x * x * x), T(0), T(0));
  }
  template <class T> INFOGRAD_HD static T f(T x, T, T) { return x * sigmoid_2u(x); }
  template <class T> INFOGRAD_HD static T df(T x, T, T, T) {
    const T s = sigmoid_2u(x);
    return s + x * s * (1 - s) * T(2 * k) * (1 + T(3 * c) * x * x);
  }
};
struct Silu {
  static constexpr Uses uses = Uses::x;
  template <class T> INFOGRAD_HD static T f(T x, T p, T q) { return x * Sigmoid::f(x, p, q); }
  template <class T>
  INFOGRAD_HD static T df(T x, T, T p, T q) {
    const T s = Sigmoid::f(x, p, q);
    return s * (1 + x * (1 - s));
  }
};
struct Erf {
  static constexpr Uses uses = Uses::x;
  template <class T> INFOGRAD_HD static T f(T x, T, T) { return std::erf(x); }
  template <class T> INFOGRAD_HD static T df(T x, T, T, T) {
    return T(1.12837916709551257390) * std::exp(-x * x);
  }
};
struct Floor {
  static constexpr Uses uses = Uses::nothing;
  template <class T> INFOGRAD_HD static T f(T x, T, T) { return std::floor(x); }
  template <class T> INFOGRAD_HD static T df(T, T, T, T) { return 0; }
};
struct Ceil {
  static constexpr Uses uses = Uses::nothing;
  template <class T> INFOGRAD_HD static T f(T x, T, T) { return std::ceil(x); }
  template <class T> INFOGRAD_HD static T df(T, T, T, T) { return 0; }
};
struct Round {  // ties to even
  static constexpr Uses uses = Uses::nothing;
  template <class T> INFOGRAD_HD static T f(T x, T, T) { return std::rint(x); }
  template <class T> INFOGRAD_HD static T df(T, T, T, T) { return 0; }
};
struct Square {
  static constexpr Uses uses = Uses::x;
  template <class T> INFOGRAD_HD static T f(T x, T, T) { return x * x; }
  template <class T> INFOGRAD_HD static T df(T x, T, T, T) { return 2 * x; }
};
struct Reciprocal {
  static constexpr Uses uses = Uses::y;
  template <class T> INFOGRAD_HD static T f(T x, T, T) { return 1 / x; }
  template <class T> INFOGRAD_HD static T df(T, T y, T, T) { return -y * y; }
};
struct Lgamma {
  static constexpr Uses uses = Uses::x;
  template <class T> INFOGRAD_HD static T f(T x, T, T) { return log_gamma(x); }
  template <class T> INFOGRAD_HD static T df(T x, T, T, T) { return digamma(x); }
};
struct Digamma {
  static constexpr Uses uses = Uses::x;
  template <class T> INFOGRAD_HD static T f(T x, T, T) { return digamma(x); }
  template <class T> INFOGRAD_HD static T df(T x, T, T, T) { return trigamma(x); }
};
struct Trigamma {
  static constexpr Uses uses = Uses::none;
  template <class T> INFOGRAD_HD static T f(T x, T, T) { return trigamma(x); }
  template <class T> INFOGRAD_HD static T df(T, T, T, T) { return std::numeric_limits<T>::quiet_NaN(); }
};
struct Clamp {  // p: lower, q: upper, which wins when lower > upper
  static constexpr Uses uses = Uses::x;
  template <class T>
  INFOGRAD_HD static T f(T x, T lower, T upper) {
    const T raised = x < lower ? lower : x;
    return raised > upper ? upper : raised;
  }
  template <class T> INFOGRAD_HD static T df(T x, T, T lower, T upper) {
    return x >= lower && x <= upper ? T(1) : T(0);
  }
};
struct Pow {  // x^p
  static constexpr Uses uses = Uses::x;
  template <class T> INFOGRAD_HD static T f(T x, T p, T) { return std::pow(x, p); }
  template <class T> INFOGRAD_HD static T df(T x, T, T p, T) {
    return p == 0 ? T(0) : p * std::pow(x, p - 1);
  }
};
struct Affine {  // p x + q
  static constexpr Uses uses = Uses::nothing;
  template <class T> INFOGRAD_HD static T f(T x, T p, T q) { return p * x + q; }
  template <class T> INFOGRAD_HD static T df(T, T, T p, T) { return p; }
};
struct LogicalNot {
  static constexpr Uses uses = Uses::none;
  template <class T> INFOGRAD_HD static T f(T x, T, T) { return x == 0 ? T(1) : T(0); }
  template <class T> INFOGRAD_HD static T df(T, T, T, T) { return 0; }
};
struct IsFinite {
  static constexpr Uses uses = Uses::none;
  template <class T> INFOGRAD_HD static T f(T x, T, T) { return std::isfinite(x) ? T(1) : T(0); }
  template <class T> INFOGRAD_HD static T df(T, T, T, T) { return 0; }
};
// clang-format on

/// g(Function{}) for the function of `op`.
template <class G>
decltype(auto) visit(UnaryOp op, G&& g) {
  switch (op) {
    case UnaryOp::neg:
      return g(Neg{});
    case UnaryOp::abs:
      return g(Abs{});
    case UnaryOp::sign:
      return g(Sign{});
    case UnaryOp::sqrt:
      return g(Sqrt{});
    case UnaryOp::rsqrt:
      return g(Rsqrt{});
    case UnaryOp::exp:
      return g(Exp{});
    case UnaryOp::expm1:
      return g(Expm1{});
    case UnaryOp::log:
      return g(Log{});
    case UnaryOp::log1p:
      return g(Log1p{});
    case UnaryOp::sin:
      return g(Sin{});
    case UnaryOp::cos:
      return g(Cos{});
    case UnaryOp::tanh:
      return g(Tanh{});
    case UnaryOp::sigmoid:
      return g(Sigmoid{});
    case UnaryOp::softplus:
      return g(Softplus{});
    case UnaryOp::relu:
      return g(Relu{});
    case UnaryOp::leaky_relu:
      return g(LeakyRelu{});
    case UnaryOp::elu:
      return g(Elu{});
    case UnaryOp::gelu:
      return g(Gelu{});
    case UnaryOp::gelu_tanh:
      return g(GeluTanh{});
    case UnaryOp::silu:
      return g(Silu{});
    case UnaryOp::erf:
      return g(Erf{});
    case UnaryOp::floor:
      return g(Floor{});
    case UnaryOp::ceil:
      return g(Ceil{});
    case UnaryOp::round:
      return g(Round{});
    case UnaryOp::square:
      return g(Square{});
    case UnaryOp::reciprocal:
      return g(Reciprocal{});
    case UnaryOp::lgamma:
      return g(Lgamma{});
    case UnaryOp::digamma:
      return g(Digamma{});
    case UnaryOp::trigamma:
      return g(Trigamma{});
    case UnaryOp::clamp:
      return g(Clamp{});
    case UnaryOp::pow:
      return g(Pow{});
    case UnaryOp::affine:
      return g(Affine{});
    case UnaryOp::logical_not:
      return g(LogicalNot{});
    case UnaryOp::isfinite:
      break;
  }
  return g(IsFinite{});
}

/// What unary_grad needs for `op`: an op that is recorded saves that and nothing else.
inline Uses derivative_uses(UnaryOp op) {
  return visit(op, [](auto function) { return decltype(function)::uses; });
}

/// The activation that gemm, conv and batch norm apply to their result.
template <class T>
INFOGRAD_HD T activate(Activation activation, T x) {
  switch (activation) {
    case Activation::none:
      break;
    case Activation::relu:
      return Relu::f(x, T(0), T(0));
    case Activation::gelu:
      return Gelu::f(x, T(0), T(0));
    case Activation::tanh:
      return Tanh::f(x, T(0), T(0));
    case Activation::sigmoid:
      return Sigmoid::f(x, T(0), T(0));
  }
  return x;
}

// Functions of two operands.
struct Add {  // a + alpha b
  template <class T>
  INFOGRAD_HD static T f(T a, T b, T alpha) {
    return a + alpha * b;
  }
};
struct Sub {
  template <class T>
  INFOGRAD_HD static T f(T a, T b, T) {
    return a - b;
  }
};
struct Mul {
  template <class T>
  INFOGRAD_HD static T f(T a, T b, T) {
    return a * b;
  }
};
struct Div {
  template <class T>
  INFOGRAD_HD static T f(T a, T b, T) {
    return a / b;
  }
};
struct PowOf {
  template <class T>
  INFOGRAD_HD static T f(T a, T b, T) {
    return std::pow(a, b);
  }
};
struct Maximum {  // a NaN on either side stays
  template <class T>
  INFOGRAD_HD static T f(T a, T b, T) {
    return a > b || a != a ? a : b;
  }
};
struct Minimum {
  template <class T>
  INFOGRAD_HD static T f(T a, T b, T) {
    return a < b || a != a ? a : b;
  }
};

/// g(Function{}) for an arithmetic `op`; comparisons and logic are compare().
template <class G>
decltype(auto) visit(BinaryOp op, G&& g) {
  switch (op) {
    case BinaryOp::add:
      return g(Add{});
    case BinaryOp::sub:
      return g(Sub{});
    case BinaryOp::mul:
      return g(Mul{});
    case BinaryOp::div:
      return g(Div{});
    case BinaryOp::pow:
      return g(PowOf{});
    case BinaryOp::maximum:
      return g(Maximum{});
    default:
      return g(Minimum{});
  }
}

constexpr bool is_comparison(BinaryOp op) {
  return op >= BinaryOp::eq;
}

/// Comparisons and logic of any type, with a b8 result. NaN compares false, ne true.
template <class T>
INFOGRAD_HD bool compare(BinaryOp op, T a, T b) {
  switch (op) {
    case BinaryOp::eq:
      return a == b;
    case BinaryOp::ne:
      return a != b;
    case BinaryOp::lt:
      return a < b;
    case BinaryOp::le:
      return a <= b;
    case BinaryOp::gt:
      return a > b;
    case BinaryOp::ge:
      return a >= b;
    case BinaryOp::logical_and:
      return a != T(0) && b != T(0);
    case BinaryOp::logical_or:
      return a != T(0) || b != T(0);
    default:
      return (a != T(0)) != (b != T(0));
  }
}

}  // namespace infograd::scalar_math
