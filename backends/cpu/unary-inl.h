// Per-target element-wise functions of one operand and their derivatives, named and defined as in
// scalar_ops.h.
#include <infograd/backends/args.h>
#include <infograd/backends/cpu/vector_math-inl.h>

#if defined(INFOGRAD_CPU_UNARY_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef INFOGRAD_CPU_UNARY_INL_H_
#undef INFOGRAD_CPU_UNARY_INL_H_
#else
#define INFOGRAD_CPU_UNARY_INL_H_
#endif

HWY_BEFORE_NAMESPACE();
namespace infograd::HWY_NAMESPACE {

// A table, one line per function.
// clang-format off
// Each has f(d, x, p, q); where there is a derivative that is not a constant, df(d, s, p, q), s being x or y as
// scalar_math::derivative_uses says.
struct Neg {
  template <class D, class V> HWY_INLINE static V f(D, V x, V, V) { return hn::Neg(x); }
};
struct Sign {
  template <class D, class V> HWY_INLINE static V f(D d, V x, V, V) {
    const V one = set(d, 1), zero = hn::Zero(d);
    return hn::IfThenElse(hn::Gt(x, zero), one, hn::IfThenElse(hn::Lt(x, zero), hn::Neg(one), x));
  }
};
struct Abs {
  template <class D, class V> HWY_INLINE static V f(D, V x, V, V) { return hn::Abs(x); }
  template <class D, class V> HWY_INLINE static V df(D d, V x, V p, V q) { return Sign::f(d, x, p, q); }
};
struct Sqrt {
  template <class D, class V> HWY_INLINE static V f(D, V x, V, V) { return hn::Sqrt(x); }
  template <class D, class V> HWY_INLINE static V df(D d, V y, V, V) { return hn::Div(set(d, 0.5), y); }
};
struct Rsqrt {
  template <class D, class V> HWY_INLINE static V f(D d, V x, V, V) { return hn::Div(set(d, 1), hn::Sqrt(x)); }
  template <class D, class V> HWY_INLINE static V df(D d, V y, V, V) {
    return hn::Mul(hn::Mul(set(d, -0.5), y), hn::Mul(y, y));
  }
};
struct Exp {
  template <class D, class V> HWY_INLINE static V f(D d, V x, V, V) { return exp(d, x); }
  template <class D, class V> HWY_INLINE static V df(D, V y, V, V) { return y; }
};
struct Expm1 {
  template <class D, class V> HWY_INLINE static V f(D d, V x, V, V) { return expm1(d, x); }
  template <class D, class V> HWY_INLINE static V df(D d, V y, V, V) { return hn::Add(y, set(d, 1)); }
};
struct Log {
  template <class D, class V> HWY_INLINE static V f(D d, V x, V, V) { return log(d, x); }
  template <class D, class V> HWY_INLINE static V df(D d, V x, V, V) { return hn::Div(set(d, 1), x); }
};
struct Log1p {
  template <class D, class V> HWY_INLINE static V f(D d, V x, V, V) { return log1p(d, x); }
  template <class D, class V> HWY_INLINE static V df(D d, V x, V, V) {
    return hn::Div(set(d, 1), hn::Add(set(d, 1), x));
  }
};
struct Sin {
  template <class D, class V> HWY_INLINE static V f(D d, V x, V, V) { return sin(d, x); }
  template <class D, class V> HWY_INLINE static V df(D d, V x, V, V) { return cos(d, x); }
};
struct Cos {
  template <class D, class V> HWY_INLINE static V f(D d, V x, V, V) { return cos(d, x); }
  template <class D, class V> HWY_INLINE static V df(D d, V x, V, V) { return hn::Neg(sin(d, x)); }
};
struct Tanh {
  template <class D, class V> HWY_INLINE static V f(D d, V x, V, V) { return tanh(d, x); }
  template <class D, class V> HWY_INLINE static V df(D d, V y, V, V) { return hn::NegMulAdd(y, y, set(d, 1)); }
};
struct Sigmoid {
  template <class D, class V> HWY_INLINE static V f(D d, V x, V, V) { return sigmoid(d, x); }
  template <class D, class V> HWY_INLINE static V df(D, V y, V, V) { return hn::NegMulAdd(y, y, y); }
};
struct Softplus {
  template <class D, class V> HWY_INLINE static V f(D d, V x, V, V) {
    const V positive = hn::IfThenZeroElse(hn::Lt(x, hn::Zero(d)), x);
    return hn::Add(positive, log1p(d, exp(d, hn::Neg(hn::Abs(x)))));
  }
  template <class D, class V> HWY_INLINE static V df(D d, V x, V, V) { return sigmoid(d, x); }
};
struct Relu {
  template <class D, class V> HWY_INLINE static V f(D d, V x, V, V) {
    return hn::IfThenZeroElse(hn::Lt(x, hn::Zero(d)), x);
  }
  template <class D, class V> HWY_INLINE static V df(D d, V y, V, V) {
    return hn::IfThenElseZero(hn::Gt(y, hn::Zero(d)), set(d, 1));
  }
};
struct LeakyRelu {
  template <class D, class V> HWY_INLINE static V f(D d, V x, V slope, V) {
    return hn::IfThenElse(hn::Gt(x, hn::Zero(d)), x, hn::Mul(slope, x));
  }
  template <class D, class V> HWY_INLINE static V df(D d, V x, V slope, V) {
    return hn::IfThenElse(hn::Gt(x, hn::Zero(d)), set(d, 1), slope);
  }
};
struct Elu {
  template <class D, class V> HWY_INLINE static V f(D d, V x, V alpha, V) {
    return hn::IfThenElse(hn::Gt(x, hn::Zero(d)), x, hn::Mul(alpha, expm1(d, x)));
  }
  template <class D, class V> HWY_INLINE static V df(D d, V x, V alpha, V) {
    return hn::IfThenElse(hn::Gt(x, hn::Zero(d)), set(d, 1), hn::Mul(alpha, exp(d, x)));
  }
};
struct Gelu {
  template <class D, class V> HWY_INLINE static V phi(D d, V x) {
    return hn::Mul(set(d, 0.5), erfc(d, hn::Mul(x, set(d, -0.70710678118654752440))));
  }
  template <class D, class V> HWY_INLINE static V f(D d, V x, V, V) { return hn::Mul(x, phi(d, x)); }
  template <class D, class V> HWY_INLINE static V df(D d, V x, V, V) {
    const V density = hn::Mul(set(d, 0.39894228040143267794), exp(d, hn::Mul(hn::Mul(set(d, -0.5), x), x)));
    return hn::MulAdd(x, density, phi(d, x));
  }
};
struct GeluTanh {  // (1 + tanh u) / 2 = sigmoid(2u)
  static constexpr double k = 2 * 0.79788456080286535588, c = 0.044715;
  template <class D, class V> HWY_INLINE static V gate(D d, V x) {
    const V square = hn::Mul(x, x);
    return sigmoid(d, hn::Mul(hn::Mul(set(d, k), x), hn::MulAdd(set(d, c), square, set(d, 1))));
  }
  template <class D, class V> HWY_INLINE static V f(D d, V x, V, V) { return hn::Mul(x, gate(d, x)); }
  template <class D, class V> HWY_INLINE static V df(D d, V x, V, V) {
    const V s = gate(d, x);
    const V slope = hn::Mul(set(d, k), hn::MulAdd(hn::Mul(set(d, 3 * c), x), x, set(d, 1)));
    return hn::MulAdd(hn::Mul(x, hn::NegMulAdd(s, s, s)), slope, s);
  }
};
struct Silu {
  template <class D, class V> HWY_INLINE static V f(D d, V x, V, V) { return hn::Mul(x, sigmoid(d, x)); }
  template <class D, class V> HWY_INLINE static V df(D d, V x, V, V) {
    const V s = sigmoid(d, x);
    return hn::MulAdd(hn::Mul(x, s), hn::Sub(set(d, 1), s), s);
  }
};
struct Erf {
  template <class D, class V> HWY_INLINE static V f(D d, V x, V, V) { return erf(d, x); }
  template <class D, class V> HWY_INLINE static V df(D d, V x, V, V) {
    return hn::Mul(set(d, 1.12837916709551257390), exp(d, hn::Neg(hn::Mul(x, x))));
  }
};
struct Floor {
  template <class D, class V> HWY_INLINE static V f(D, V x, V, V) { return hn::Floor(x); }
};
struct Ceil {
  template <class D, class V> HWY_INLINE static V f(D, V x, V, V) { return hn::Ceil(x); }
};
struct Round {
  template <class D, class V> HWY_INLINE static V f(D, V x, V, V) { return hn::Round(x); }
};
struct Square {
  template <class D, class V> HWY_INLINE static V f(D, V x, V, V) { return hn::Mul(x, x); }
  template <class D, class V> HWY_INLINE static V df(D, V x, V, V) { return hn::Add(x, x); }
};
struct Reciprocal {
  template <class D, class V> HWY_INLINE static V f(D d, V x, V, V) { return hn::Div(set(d, 1), x); }
  template <class D, class V> HWY_INLINE static V df(D, V y, V, V) { return hn::Mul(hn::Neg(y), y); }
};
struct Clamp {
  template <class D, class V> HWY_INLINE static V f(D, V x, V lower, V upper) {
    const V raised = hn::IfThenElse(hn::Lt(x, lower), lower, x);
    return hn::IfThenElse(hn::Gt(raised, upper), upper, raised);
  }
  template <class D, class V> HWY_INLINE static V df(D d, V x, V lower, V upper) {
    return hn::IfThenElseZero(hn::And(hn::Ge(x, lower), hn::Le(x, upper)), set(d, 1));
  }
};
struct Affine {
  template <class D, class V> HWY_INLINE static V f(D, V x, V p, V q) { return hn::MulAdd(x, p, q); }
};

/// g(Function{}) for the function of `op`, which must have a vector form.
template <class G>
HWY_INLINE void visit(UnaryOp op, const G& g) {
  switch (op) {
    case UnaryOp::neg: return g(Neg{});
    case UnaryOp::abs: return g(Abs{});
    case UnaryOp::sign: return g(Sign{});
    case UnaryOp::sqrt: return g(Sqrt{});
    case UnaryOp::rsqrt: return g(Rsqrt{});
    case UnaryOp::exp: return g(Exp{});
    case UnaryOp::expm1: return g(Expm1{});
    case UnaryOp::log: return g(Log{});
    case UnaryOp::log1p: return g(Log1p{});
    case UnaryOp::sin: return g(Sin{});
    case UnaryOp::cos: return g(Cos{});
    case UnaryOp::tanh: return g(Tanh{});
    case UnaryOp::sigmoid: return g(Sigmoid{});
    case UnaryOp::softplus: return g(Softplus{});
    case UnaryOp::relu: return g(Relu{});
    case UnaryOp::leaky_relu: return g(LeakyRelu{});
    case UnaryOp::elu: return g(Elu{});
    case UnaryOp::gelu: return g(Gelu{});
    case UnaryOp::gelu_tanh: return g(GeluTanh{});
    case UnaryOp::silu: return g(Silu{});
    case UnaryOp::erf: return g(Erf{});
    case UnaryOp::floor: return g(Floor{});
    case UnaryOp::ceil: return g(Ceil{});
    case UnaryOp::round: return g(Round{});
    case UnaryOp::square: return g(Square{});
    case UnaryOp::reciprocal: return g(Reciprocal{});
    case UnaryOp::clamp: return g(Clamp{});
    default: return g(Affine{});
  }
}

// clang-format on
}  // namespace infograd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target guard
