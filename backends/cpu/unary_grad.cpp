#include <infograd/backends/cpu/cpu_backend.h>
#include <infograd/backends/cpu/elementwise.h>
#include <infograd/backends/cpu/highway.h>
#include <infograd/backends/cpu/unary.h>
#include <infograd/backends/scalar_ops.h>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "infograd/backends/cpu/unary_grad.cpp"
#include <hwy/foreach_target.h>

#include <infograd/backends/cpu/unary-inl.h>

HWY_BEFORE_NAMESPACE();
namespace infograd::HWY_NAMESPACE {
namespace {

template <class Op, class T, class D = hn::ScalableTag<T>, class V = hn::Vec<D>>
inline constexpr bool kHasSlope = requires(D d, V v) {
  Op::df(d, v, v, v);
};

template <class Op, class T>
struct TimesSlope {
  T p, q;
  template <class D, class V>
  HWY_INLINE V operator()(D d, V dy, V s) const {
    return hn::Mul(dy, Op::df(d, s, set(d, p), set(d, q)));
  }
};

/// dx = dy f'(s), where s is what scalar_math::derivative_uses names: x or y.
template <class T>
HWY_INLINE void unary_grad(UnaryOp op, T* dx, const T* dy, const T* s, int64_t n, T p, T q) {
  visit(op, [&](auto function) HWY_ATTR {
    using Op = decltype(function);
    if constexpr (kHasSlope<Op, T>) map(dx, n, TimesSlope<Op, T>{p, q}, dy, s);
  });
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

template <class T>
void kernel(UnaryOp op, T* dx, const T* dy, const T* s, int64_t n, T p, T q) {
  if (!has_vector_form(op)) {  // all of them use x
    scalar_math::visit(op, [&](auto function) {
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
  elementwise<T, 2>(dx, {&dy, &s},
                    [&](C* o, const auto& in, int64_t n) { kernel(op, o, in[0], in[1], n, p, q); });
}

}  // namespace

void CpuBackend::unary_grad(UnaryOp op, View dx, ConstView dy, ConstView x, ConstView y, double p0,
                            double p1) {
  const auto uses = scalar_math::derivative_uses(op);
  if (uses == scalar_math::Uses::nothing) {
    const double slope = op == UnaryOp::neg ? -1 : op == UnaryOp::affine ? p0 : 0;
    return unary(UnaryOp::affine, dx, dy, slope, 0);
  }
  const ConstView& s = uses == scalar_math::Uses::y ? y : x;
  const bool one_type = s && dx.dtype == dy.dtype && dx.dtype == s.dtype && uses != scalar_math::Uses::none;
  if (op == UnaryOp::pow && p0 == 2) op = UnaryOp::square;
  if (one_type && dx.dtype == DType::f32) return run<float>(op, dx, dy, s, p0, p1);
  if (one_type && dx.dtype == DType::f64) return run<double>(op, dx, dy, s, p0, p1);
  if (one_type && dx.dtype == DType::bf16) return run<bfloat16>(op, dx, dy, s, p0, p1);
  ReferenceBackend::unary_grad(op, dx, dy, x, y, p0, p1);
}

}  // namespace infograd
#endif  // HWY_ONCE
