#include <infograd/backends/cpu/cpu_backend.h>
#include <infograd/backends/cpu/elementwise.h>
#include <infograd/backends/cpu/highway.h>
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
  const auto run = [&](auto function) HWY_ATTR { map(out, x, n, Value<decltype(function), T>{p, q}); };
  switch (op) {
    case UnaryOp::neg:
      return run(Neg{});
    case UnaryOp::abs:
      return run(Abs{});
    case UnaryOp::sign:
      return run(Sign{});
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
    case UnaryOp::floor:
      return run(Floor{});
    case UnaryOp::ceil:
      return run(Ceil{});
    case UnaryOp::round:
      return run(Round{});
    case UnaryOp::square:
      return run(Square{});
    case UnaryOp::reciprocal:
      return run(Reciprocal{});
    case UnaryOp::clamp:
      return run(Clamp{});
    default:
      return run(Affine{});
  }
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

bool has_vector_form(UnaryOp op) {
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

template <class T>
void kernel(UnaryOp op, T* out, const T* x, int64_t n, T p, T q) {
  if (!has_vector_form(op)) {
    scalar::visit(op, [&](auto function) {
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
  T* const o = out.as<T>();
  const T* const a = x.as<T>();
  if constexpr (std::is_same_v<T, C>) {
    if (row_major(out.shape, out.strides) && row_major(x.shape, x.strides)) {
      parallel_for(out.numel(), kParallelGrain,
                   [&](int64_t begin, int64_t end) { kernel(op, o + begin, a + begin, end - begin, p, q); });
      return;
    }
  }
  elementwise<T, T, 1>(collapse<2>(out.shape, {&out.strides, &x.strides}), o, {a}, {1},
                       [&](C* y, const auto& in, int64_t n) { kernel(op, y, in[0], n, p, q); });
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
