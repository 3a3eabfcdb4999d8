#include <infograd/backends/cpu/cpu_backend.h>
#include <infograd/backends/cpu/elementwise.h>
#include <infograd/backends/cpu/highway.h>
#include <infograd/backends/cpu/unary.h>
#include <infograd/backends/scalar_ops.h>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "infograd/backends/cpu/unary.cpp"
#include <hwy/foreach_target.h>

#include <infograd/backends/cpu/unary-inl.h>

HWY_BEFORE_NAMESPACE();
namespace infograd::HWY_NAMESPACE {
namespace {

template <class Op, class T>
struct Value {
  T p, q;
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    return Op::f(d, x, set(d, p), set(d, q));
  }
};

template <class T>
HWY_INLINE void unary(UnaryOp op, T* out, const T* x, int64_t n, T p, T q) {
  visit(op, [&](auto function) HWY_ATTR { map(out, n, Value<decltype(function), T>{p, q}, x); });
}
void unary_f32(UnaryOp op, float* out, const float* x, int64_t n, float p, float q) {
  unary(op, out, x, n, p, q);
}
void unary_f64(UnaryOp op, double* out, const double* x, int64_t n, double p, double q) {
  unary(op, out, x, n, p, q);
}

}  // namespace
}  // namespace infograd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace infograd {
namespace {

HWY_EXPORT(unary_f32);
HWY_EXPORT(unary_f64);

template <class T>
void kernel(UnaryOp op, T* out, const T* x, int64_t n, T p, T q) {
  if (!has_vector_form(op)) {
    scalar_math::visit(op, [&](auto function) {
      for (int64_t i = 0; i < n; ++i)
        out[i] = static_cast<T>(decltype(function)::template f<double>(x[i], p, q));
    });
  } else if constexpr (sizeof(T) == 4) {
    HWY_DYNAMIC_DISPATCH(unary_f32)(op, out, x, n, p, q);
  } else {
    HWY_DYNAMIC_DISPATCH(unary_f64)(op, out, x, n, p, q);
  }
}

template <class T>
void run(UnaryOp op, const View& out, const ConstView& x, double p0, double p1) {
  using C = typename Compute<T>::type;
  const auto p = static_cast<C>(p0), q = static_cast<C>(p1);
  elementwise<T, 1>(out, {&x}, [&](C* y, const auto& in, int64_t n) { kernel(op, y, in[0], n, p, q); });
}

}  // namespace

void CpuBackend::unary(UnaryOp op, View out, ConstView x, double p0, double p1) {
  if (op == UnaryOp::pow) {
    if (p0 == 2) {
      op = UnaryOp::square;
    } else if (p0 == -1) {
      op = UnaryOp::reciprocal;
    } else if (x.dtype == DType::f32) {
      const auto exponent = static_cast<float>(p0);
      return binary(BinaryOp::pow, out, x, {&exponent, x.dtype, x.shape, Strides(Dims::filled(x.rank(), 0))},
                    1);
    }
  }
  if (out.dtype == x.dtype && x.dtype == DType::f32) return run<float>(op, out, x, p0, p1);
  if (out.dtype == x.dtype && x.dtype == DType::f64) return run<double>(op, out, x, p0, p1);
  if (out.dtype == x.dtype && x.dtype == DType::bf16) return run<bfloat16>(op, out, x, p0, p1);
  ReferenceBackend::unary(op, out, x, p0, p1);
}

}  // namespace infograd
#endif  // HWY_ONCE
