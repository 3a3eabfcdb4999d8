// Private: the scalar functions as functors on storage types: converted, computed in Compute<T>, rounded
// once.
#pragma once

#include <infograd/backends/element.h>
#include <infograd/backends/integer_ops.h>
#include <infograd/backends/scalar_ops.h>

namespace infograd::cuda {

template <class T>
using ComputeOf = typename Compute<T>::type;

template <class Function, class T>
struct UnaryValue {
  ComputeOf<T> p, q;
  INFOGRAD_HD T operator()(T x) const { return convert<T>(Function::f(convert<ComputeOf<T>>(x), p, q)); }
};

/// dy * f'; `used` is x or y, whichever the formula is written with.
template <class Function, class T>
struct UnaryDerivative {
  ComputeOf<T> p, q;
  INFOGRAD_HD T operator()(T dy, T used) const {
    const auto value = convert<ComputeOf<T>>(used);
    return convert<T>(convert<ComputeOf<T>>(dy) * Function::df(value, value, p, q));
  }
};

template <class T>
struct IntegerUnary {
  UnaryOp op;
  integer_ops::Parameters parameters;
  INFOGRAD_HD T operator()(T x) const {
    return convert<T>(integer_ops::unary(op, convert<int64_t>(x), parameters));
  }
};

/// logical_not and isfinite: a b8 of any type.
template <class T>
struct UnaryFlag {
  bool is_finite;
  INFOGRAD_HD bool operator()(T x) const {
    if (!is_finite) return !convert<bool>(x);
    if constexpr (is_floating_v<T>)
      return std::isfinite(convert<ComputeOf<T>>(x));
    else
      return true;
  }
};

template <class Function, class T>
struct BinaryValue {
  ComputeOf<T> alpha;
  INFOGRAD_HD T operator()(T a, T b) const {
    return convert<T>(Function::f(convert<ComputeOf<T>>(a), convert<ComputeOf<T>>(b), alpha));
  }
};

template <class T>
struct IntegerBinary {
  BinaryOp op;
  int64_t alpha;
  INFOGRAD_HD T operator()(T a, T b) const {
    return convert<T>(integer_ops::binary(op, convert<int64_t>(a), convert<int64_t>(b), alpha));
  }
};

template <class T>
struct Comparison {
  BinaryOp op;
  INFOGRAD_HD bool operator()(T a, T b) const {
    return scalar_math::compare(op, convert<ComputeOf<T>>(a), convert<ComputeOf<T>>(b));
  }
};

template <class T>
struct Choose {
  INFOGRAD_HD T operator()(bool condition, T a, T b) const { return condition ? a : b; }
};

template <class T>
struct Constant {
  T value;
  INFOGRAD_HD T operator()() const { return value; }
};

template <class To, class From>
struct Converted {
  INFOGRAD_HD To operator()(From x) const { return convert<To>(x); }
};

/// What gemm does after the product where the library cannot: activation(x + bias).
template <class T>
struct BiasActivation {
  Activation activation;
  INFOGRAD_HD T operator()(T x, T bias) const {
    return convert<T>(
        scalar_math::activate(activation, convert<ComputeOf<T>>(x) + convert<ComputeOf<T>>(bias)));
  }
};

template <class T>
struct OnlyActivation {
  Activation activation;
  INFOGRAD_HD T operator()(T x) const {
    return convert<T>(scalar_math::activate(activation, convert<ComputeOf<T>>(x)));
  }
};

}  // namespace infograd::cuda
