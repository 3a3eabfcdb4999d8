#include <infograd/backends/cpu/cpu_backend.h>
#include <infograd/backends/cpu/elementwise.h>
#include <infograd/backends/cpu/highway.h>
#include <infograd/backends/scalar_ops.h>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "infograd/backends/cpu/binary.cpp"
#include <hwy/foreach_target.h>

#include <infograd/backends/cpu/vector_math-inl.h>

HWY_BEFORE_NAMESPACE();
namespace infograd::HWY_NAMESPACE {
namespace {

struct Add {
  template <class D, class V>
  HWY_INLINE V operator()(D, V a, V b) const {
    return hn::Add(a, b);
  }
};
template <class T>
struct AddScaled {
  T alpha;
  template <class D, class V>
  HWY_INLINE V operator()(D d, V a, V b) const {
    return hn::MulAdd(set(d, alpha), b, a);
  }
};
struct Sub {
  template <class D, class V>
  HWY_INLINE V operator()(D, V a, V b) const {
    return hn::Sub(a, b);
  }
};
struct Mul {
  template <class D, class V>
  HWY_INLINE V operator()(D, V a, V b) const {
    return hn::Mul(a, b);
  }
};
struct Div {
  template <class D, class V>
  HWY_INLINE V operator()(D, V a, V b) const {
    return hn::Div(a, b);
  }
};
struct Maximum {  // NaN on either side stays
  template <class D, class V>
  HWY_INLINE V operator()(D, V a, V b) const {
    return hn::IfThenElse(hn::Or(hn::Gt(a, b), hn::IsNaN(a)), a, b);
  }
};
struct Minimum {
  template <class D, class V>
  HWY_INLINE V operator()(D, V a, V b) const {
    return hn::IfThenElse(hn::Or(hn::Lt(a, b), hn::IsNaN(a)), a, b);
  }
};

/// f with its second or first argument fixed.
template <class F, class T>
struct WithRight {
  F f;
  T b;
  template <class D, class V>
  HWY_INLINE V operator()(D d, V a) const {
    return f(d, a, set(d, b));
  }
};
template <class F, class T>
struct WithLeft {
  F f;
  T a;
  template <class D, class V>
  HWY_INLINE V operator()(D d, V b) const {
    return f(d, set(d, a), b);
  }
};

template <class T, class F>
HWY_INLINE void run(Repeats repeats, T* out, const T* a, const T* b, int64_t n, const F& f) {
  if (repeats == Repeats::none) return map(out, n, f, a, b);
  if (repeats == Repeats::right) return map(out, n, WithRight<F, T>{f, *b}, a);
  map(out, n, WithLeft<F, T>{f, *a}, b);
}

template <class T>
HWY_INLINE void binary(BinaryOp op, Repeats repeats, T* out, const T* a, const T* b, int64_t n, T alpha) {
  switch (op) {
    case BinaryOp::add:
      if (alpha == 1) return run(repeats, out, a, b, n, Add{});
      return run(repeats, out, a, b, n, AddScaled<T>{alpha});
    case BinaryOp::sub:
      return run(repeats, out, a, b, n, Sub{});
    case BinaryOp::mul:
      return run(repeats, out, a, b, n, Mul{});
    case BinaryOp::div:
      return run(repeats, out, a, b, n, Div{});
    case BinaryOp::maximum:
      return run(repeats, out, a, b, n, Maximum{});
    default:
      return run(repeats, out, a, b, n, Minimum{});
  }
}
void binary_f32(BinaryOp op, Repeats repeats, float* out, const float* a, const float* b, int64_t n,
                float alpha) {
  binary(op, repeats, out, a, b, n, alpha);
}
void binary_f64(BinaryOp op, Repeats repeats, double* out, const double* a, const double* b, int64_t n,
                double alpha) {
  binary(op, repeats, out, a, b, n, alpha);
}

/// a^b in f32 as e^(b log a) in double. Vectors with a lane that is not ordinary go to <cmath>.
void pow_f32(Repeats repeats, float* out, const float* a, const float* b, int64_t n) {
  const hn::ScalableTag<double> dd;
  const hn::Rebind<float, decltype(dd)> df;
  const int64_t step_a = repeats == Repeats::left ? 0 : 1, step_b = repeats == Repeats::right ? 0 : 1;
  const auto repeated_a = hn::Set(df, *a), repeated_b = hn::Set(df, *b);
  int64_t i = 0;
  for (; i + lanes(df) <= n; i += lanes(df)) {
    const auto va = step_a == 0 ? repeated_a : hn::LoadU(df, a + i),
               vb = step_b == 0 ? repeated_b : hn::LoadU(df, b + i);
    const auto largest = hn::Set(df, 1e38F);
    const auto plain =
        hn::And(hn::And(hn::Gt(va, hn::Zero(df)), hn::Lt(va, largest)), hn::Lt(hn::Abs(vb), largest));
    const auto exponent = hn::Mul(hn::PromoteTo(dd, vb), hn::Log(dd, hn::PromoteTo(dd, va)));
    const auto in_range = hn::Lt(hn::Abs(exponent), hn::Set(dd, 87.0));  // neither overflow nor subnormal
    if (HWY_LIKELY(hn::AllTrue(df, plain) && hn::AllTrue(dd, in_range))) {
      hn::StoreU(hn::DemoteTo(df, hn::Exp(dd, exponent)), df, out + i);
    } else {
      for (int64_t j = i; j < i + lanes(df); ++j) out[j] = std::pow(a[j * step_a], b[j * step_b]);
    }
  }
  for (; i < n; ++i) out[i] = static_cast<float>(std::pow(static_cast<double>(a[i * step_a]), b[i * step_b]));
}

/// The compiler vectorises these loops for each target.
template <class T, class F>
HWY_INLINE void compare_loop(Repeats repeats, uint8_t* out, const T* a, const T* b, int64_t n, F f) {
  if (repeats == Repeats::none) {
    for (int64_t i = 0; i < n; ++i) out[i] = f(a[i], b[i]);
  } else if (repeats == Repeats::right) {
    const T value = *b;
    for (int64_t i = 0; i < n; ++i) out[i] = f(a[i], value);
  } else {
    const T value = *a;
    for (int64_t i = 0; i < n; ++i) out[i] = f(value, b[i]);
  }
}
template <class T>
HWY_INLINE void compare(BinaryOp op, Repeats repeats, uint8_t* out, const T* a, const T* b, int64_t n) {
  switch (op) {
    case BinaryOp::eq:
      return compare_loop(repeats, out, a, b, n, [](T x, T y) HWY_ATTR { return x == y; });
    case BinaryOp::ne:
      return compare_loop(repeats, out, a, b, n, [](T x, T y) HWY_ATTR { return x != y; });
    case BinaryOp::lt:
      return compare_loop(repeats, out, a, b, n, [](T x, T y) HWY_ATTR { return x < y; });
    case BinaryOp::le:
      return compare_loop(repeats, out, a, b, n, [](T x, T y) HWY_ATTR { return x <= y; });
    case BinaryOp::gt:
      return compare_loop(repeats, out, a, b, n, [](T x, T y) HWY_ATTR { return x > y; });
    default:
      return compare_loop(repeats, out, a, b, n, [](T x, T y) HWY_ATTR { return x >= y; });
  }
}
void compare_f32(BinaryOp op, Repeats repeats, uint8_t* out, const float* a, const float* b, int64_t n) {
  compare(op, repeats, out, a, b, n);
}
void compare_f64(BinaryOp op, Repeats repeats, uint8_t* out, const double* a, const double* b, int64_t n) {
  compare(op, repeats, out, a, b, n);
}
void compare_i64(BinaryOp op, Repeats repeats, uint8_t* out, const int64_t* a, const int64_t* b, int64_t n) {
  compare(op, repeats, out, a, b, n);
}

}  // namespace
}  // namespace infograd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace infograd {
namespace {

HWY_EXPORT(binary_f32);
HWY_EXPORT(binary_f64);
HWY_EXPORT(pow_f32);
HWY_EXPORT(compare_f32);
HWY_EXPORT(compare_f64);
HWY_EXPORT(compare_i64);

void kernel(BinaryOp op, Repeats repeats, float* out, const float* a, const float* b, int64_t n,
            float alpha) {
  if (op == BinaryOp::pow) return HWY_DYNAMIC_DISPATCH(pow_f32)(repeats, out, a, b, n);
  HWY_DYNAMIC_DISPATCH(binary_f32)(op, repeats, out, a, b, n, alpha);
}
void kernel(BinaryOp op, Repeats repeats, double* out, const double* a, const double* b, int64_t n,
            double alpha) {
  if (op != BinaryOp::pow) return HWY_DYNAMIC_DISPATCH(binary_f64)(op, repeats, out, a, b, n, alpha);
  const int64_t step_a = repeats == Repeats::left ? 0 : 1, step_b = repeats == Repeats::right ? 0 : 1;
  for (int64_t i = 0; i < n; ++i) out[i] = std::pow(a[i * step_a], b[i * step_b]);
}
void kernel(BinaryOp op, Repeats repeats, uint8_t* out, const float* a, const float* b, int64_t n, float) {
  HWY_DYNAMIC_DISPATCH(compare_f32)(op, repeats, out, a, b, n);
}
void kernel(BinaryOp op, Repeats repeats, uint8_t* out, const double* a, const double* b, int64_t n, double) {
  HWY_DYNAMIC_DISPATCH(compare_f64)(op, repeats, out, a, b, n);
}
void kernel(BinaryOp op, Repeats repeats, uint8_t* out, const int64_t* a, const int64_t* b, int64_t n,
            int64_t) {
  HWY_DYNAMIC_DISPATCH(compare_i64)(op, repeats, out, a, b, n);
}

template <class TOut, class T>
void run(BinaryOp op, const View& out, const ConstView& a, const ConstView& b, double alpha_) {
  using COut = typename Compute<TOut>::type;
  using C = typename Compute<T>::type;
  const auto alpha = static_cast<C>(alpha_);
  if constexpr (std::is_same_v<T, C> && std::is_same_v<TOut, COut>) {
    if (row_major(a.shape, a.strides) && row_major(b.shape, b.strides) && row_major(out.shape, out.strides)) {
      TOut* const o = out.as<TOut>();
      const T *const pa = a.as<T>(), *const pb = b.as<T>();
      parallel_for(out.numel(), kParallelGrain, [&](int64_t begin, int64_t end) {
        kernel(op, Repeats::none, o + begin, pa + begin, pb + begin, end - begin, alpha);
      });
      return;
    }
  }
  const auto loop = collapse<3>(out.shape, {&out.strides, &a.strides, &b.strides});
  const Repeats repeats = loop.inner_stride(2) == 0   ? Repeats::right
                          : loop.inner_stride(1) == 0 ? Repeats::left
                                                      : Repeats::none;
  elementwise<TOut, T, 2>(
      loop, out.as<TOut>(), {a.as<T>(), b.as<T>()},
      {repeats == Repeats::left ? 0 : 1, repeats == Repeats::right ? 0 : 1},
      [&](COut* o, const auto& in, int64_t n) { kernel(op, repeats, o, in[0], in[1], n, alpha); });
}

}  // namespace

void CpuBackend::binary(BinaryOp op, View out, ConstView a, ConstView b, double alpha) {
  const bool one_type = a.dtype == b.dtype;
  if (op < BinaryOp::eq) {
    if (one_type && out.dtype == a.dtype) {
      if (a.dtype == DType::f32) return run<float, float>(op, out, a, b, alpha);
      if (a.dtype == DType::f64) return run<double, double>(op, out, a, b, alpha);
      if (a.dtype == DType::bf16) return run<bfloat16, bfloat16>(op, out, a, b, alpha);
    }
  } else if (op < BinaryOp::logical_and && one_type && out.dtype == DType::b8) {
    if (a.dtype == DType::f32) return run<uint8_t, float>(op, out, a, b, 1);
    if (a.dtype == DType::f64) return run<uint8_t, double>(op, out, a, b, 1);
    if (a.dtype == DType::i64) return run<uint8_t, int64_t>(op, out, a, b, 1);
  }
  ReferenceBackend::binary(op, out, a, b, alpha);
}

}  // namespace infograd
#endif  // HWY_ONCE
