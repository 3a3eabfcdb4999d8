#include <infograd/backends/cpu/cpu_backend.h>
#include <infograd/backends/cpu/elementwise.h>
#include <infograd/backends/cpu/highway.h>
#include <infograd/backends/scalar_ops.h>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "infograd/backends/cpu/unary_grad.cpp"
#include <hwy/foreach_target.h>

#include <infograd/backends/cpu/unary-inl.h>

HWY_BEFORE_NAMESPACE();
namespace infograd::HWY_NAMESPACE {
namespace {

template <class Op, class T>
struct TimesSlope {
  T p, q;
  template <class D, class V>
  HWY_INLINE V operator()(D d, V dy, V s) const {
    return hn::Mul(dy, Op::df(d, s, set(d, p), set(d, q)));
  }
};

/// dx = dy f'(s), where s is what scalar::derivative_uses names.
template <class T>
HWY_INLINE void unary_grad(UnaryOp op, T* dx, const T* dy, const T* s, int64_t n, T p, T q) {
  const auto run = [&](auto function) HWY_ATTR {
    map(dx, dy, s, n, TimesSlope<decltype(function), T>{p, q});
  };
  switch (op) {
    case UnaryOp::abs:
      return run(AbsSlope{});
    case UnaryOp::sqrt:
      return run(Sqrt{});
    case UnaryOp::rsqrt:
      return run(Rsqrt{});
    case UnaryOp::exp:
      return run(Exp{});
    case UnaryOp::expm1:
      return run(Expm1{});
    case UnaryOp::log:
      return run(Log{});
    case UnaryOp::log1p:
      return run(Log1p{});
    case UnaryOp::sin:
      return run(Sin{});
    case UnaryOp::cos:
      return run(Cos{});
    case UnaryOp::tanh:
      return run(Tanh{});
    case UnaryOp::sigmoid:
      return run(Sigmoid{});
    case UnaryOp::softplus:
      return run(Softplus{});
    case UnaryOp::relu:
      return run(Relu{});
    case UnaryOp::leaky_relu:
      return run(LeakyRelu{});
    case UnaryOp::elu:
      return run(Elu{});
    case UnaryOp::gelu:
      return run(Gelu{});
    case UnaryOp::gelu_tanh:
      return run(GeluTanh{});
    case UnaryOp::silu:
      return run(Silu{});
    case UnaryOp::erf:
      return run(Erf{});
    case UnaryOp::square:
      return run(Square{});
    case UnaryOp::reciprocal:
      return run(Reciprocal{});
    default:
      return run(Clamp{});
  }
}
void unary_grad_f32(UnaryOp op, float* dx, const float* dy, const float* s, int64_t n, float p, float q) {
  unary_grad(op, dx, dy, s, n, p, q);
}
void unary_grad_f64(UnaryOp op, double* dx, const double* dy, const double* s, int64_t n, double p,
                    double q) {
  unary_grad(op, dx, dy, s, n, p, q);
}

}  // namespace
}  // namespace infograd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace infograd {
namespace {

HWY_EXPORT(unary_grad_f32);
HWY_EXPORT(unary_grad_f64);

bool has_vector_form(UnaryOp op) {
  return op != UnaryOp::lgamma && op != UnaryOp::digamma && op != UnaryOp::pow;
}

template <class T>
void kernel(UnaryOp op, T* dx, const T* dy, const T* s, int64_t n, T p, T q) {
  if (!has_vector_form(op)) {  // all of them use x
    scalar::visit(op, [&](auto function) {
      for (int64_t i = 0; i < n; ++i)
        dx[i] = static_cast<T>(dy[i] * decltype(function)::template df<double>(s[i], 0, p, q));
    });
  } else if constexpr (sizeof(T) == 4) {
    HWY_DYNAMIC_DISPATCH(unary_grad_f32)(op, dx, dy, s, n, p, q);
  } else {
    HWY_DYNAMIC_DISPATCH(unary_grad_f64)(op, dx, dy, s, n, p, q);
  }
}

template <class T>
void run(UnaryOp op, const View& dx, const ConstView& dy, const ConstView& s, double p0, double p1) {
  using C = typename Compute<T>::type;
  const auto p = static_cast<C>(p0), q = static_cast<C>(p1);
  if constexpr (std::is_same_v<T, C>) {
    if (row_major(dx.shape, dx.strides) && row_major(dy.shape, dy.strides) && row_major(s.shape, s.strides)) {
      T* const o = dx.as<T>();
      const T *const g = dy.as<T>(), *const a = s.as<T>();
      parallel_for(dx.numel(), kParallelGrain, [&](int64_t begin, int64_t end) {
        kernel(op, o + begin, g + begin, a + begin, end - begin, p, q);
      });
      return;
    }
  }
  elementwise<T, T, 2>(collapse<3>(dx.shape, {&dx.strides, &dy.strides, &s.strides}), dx.as<T>(),
                       {dy.as<T>(), s.as<T>()}, {1, 1},
                       [&](C* o, const auto& in, int64_t n) { kernel(op, o, in[0], in[1], n, p, q); });
}

}  // namespace

void CpuBackend::unary_grad(UnaryOp op, View dx, ConstView dy, ConstView x, ConstView y, double p0,
                            double p1) {
  const auto uses = scalar::derivative_uses(op);
  if (uses == scalar::Uses::nothing) {
    const double slope = op == UnaryOp::neg ? -1 : op == UnaryOp::affine ? p0 : 0;
    return unary(UnaryOp::affine, dx, dy, slope, 0);
  }
  const ConstView& s = uses == scalar::Uses::y ? y : x;
  const bool one_type = s && dx.dtype == dy.dtype && dx.dtype == s.dtype && uses != scalar::Uses::none;
  if (op == UnaryOp::pow && p0 == 2) op = UnaryOp::square;
  if (one_type && dx.dtype == DType::f32) return run<float>(op, dx, dy, s, p0, p1);
  if (one_type && dx.dtype == DType::f64) return run<double>(op, dx, dy, s, p0, p1);
  if (one_type && dx.dtype == DType::bf16) return run<bfloat16>(op, dx, dy, s, p0, p1);
  ReferenceBackend::unary_grad(op, dx, dy, x, y, p0, p1);
}

}  // namespace infograd
#endif  // HWY_ONCE
