// Per-target accumulation over contiguous segments and over rows. f32 accumulates in many lanes over short
// stretches that are combined in double, in an order that depends on sizes only.
#include <infograd/backends/cpu/vector_math-inl.h>

#if defined(INFOGRAD_CPU_REDUCE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef INFOGRAD_CPU_REDUCE_INL_H_
#undef INFOGRAD_CPU_REDUCE_INL_H_
#else
#define INFOGRAD_CPU_REDUCE_INL_H_
#endif

HWY_BEFORE_NAMESPACE();
namespace infograd::HWY_NAMESPACE {

// An accumulation is what a value contributes (`term`, given a centre) and how contributions combine.
struct Summed {
  static constexpr double start = 0;
  template <class V>
  HWY_INLINE static V combine(V a, V b) {
    return hn::Add(a, b);
  }
  template <class D, class V>
  HWY_INLINE static double over_lanes(D d, V v) {
    return static_cast<double>(hn::GetLane(hn::SumOfLanes(d, v)));
  }
  HWY_INLINE static double combine(double a, double b) { return a + b; }
};
struct SumOf : Summed {
  template <class D, class V>
  HWY_INLINE static V term(D, V x, V) {
    return x;
  }
};
struct SumOfSquares : Summed {
  template <class D, class V>
  HWY_INLINE static V term(D, V x, V) {
    return hn::Mul(x, x);
  }
};
struct SumOfAbs : Summed {
  template <class D, class V>
  HWY_INLINE static V term(D, V x, V) {
    return hn::Abs(x);
  }
};
struct SumOfSquaredDeviations : Summed {
  template <class D, class V>
  HWY_INLINE static V term(D, V x, V c) {
    return hn::Mul(hn::Sub(x, c), hn::Sub(x, c));
  }
};
struct SumOfExp : Summed {
  template <class D, class V>
  HWY_INLINE static V term(D d, V x, V c) {
    return exp(d, hn::Sub(x, c));
  }
};

/// Lane by lane, for combinations that Highway lacks or that must keep NaN.
template <class Op, class D, class V>
HWY_INLINE double fold_lanes(D d, V v) {
  HWY_ALIGN hn::TFromD<D> block[hn::MaxLanes(d)];
  hn::Store(v, d, block);
  double result = block[0];
  for (size_t i = 1; i < hn::Lanes(d); ++i) result = Op::combine(result, static_cast<double>(block[i]));
  return result;
}
struct Product {
  static constexpr double start = 1;
  template <class D, class V>
  HWY_INLINE static V term(D, V x, V) {
    return x;
  }
  template <class V>
  HWY_INLINE static V combine(V a, V b) {
    return hn::Mul(a, b);
  }
  HWY_INLINE static double combine(double a, double b) { return a * b; }
  template <class D, class V>
  HWY_INLINE static double over_lanes(D d, V v) {
    return fold_lanes<Product>(d, v);
  }
};
struct Largest {
  static constexpr double start = -std::numeric_limits<double>::infinity();
  template <class D, class V>
  HWY_INLINE static V term(D, V x, V) {
    return x;
  }
  template <class V>
  HWY_INLINE static V combine(V a, V b) {
    return hn::IfThenElse(hn::Or(hn::Gt(a, b), hn::IsNaN(a)), a, b);
  }
  HWY_INLINE static double combine(double a, double b) { return a > b || a != a ? a : b; }
  template <class D, class V>
  HWY_INLINE static double over_lanes(D d, V v) {
    return fold_lanes<Largest>(d, v);
  }
};
struct Smallest {
  static constexpr double start = std::numeric_limits<double>::infinity();
  template <class D, class V>
  HWY_INLINE static V term(D, V x, V) {
    return x;
  }
  template <class V>
  HWY_INLINE static V combine(V a, V b) {
    return hn::IfThenElse(hn::Or(hn::Lt(a, b), hn::IsNaN(a)), a, b);
  }
  HWY_INLINE static double combine(double a, double b) { return a < b || a != a ? a : b; }
  template <class D, class V>
  HWY_INLINE static double over_lanes(D d, V v) {
    return fold_lanes<Smallest>(d, v);
  }
};

/// Over n contiguous values.
template <class Op, class T>
HWY_INLINE double segment(const T* x, int64_t n, T center) {
  const hn::ScalableTag<T> d;
  using V = hn::Vec<decltype(d)>;
  const int64_t N = lanes(d), stretch = 64 * N;
  const V c = hn::Set(d, center), start = set(d, Op::start);
  double total = Op::start;
  for (int64_t begin = 0; begin < n; begin += stretch) {
    const int64_t end = std::min(n, begin + stretch);
    V s0 = start, s1 = start, s2 = start, s3 = start;
    int64_t i = begin;
    for (; i + 4 * N <= end; i += 4 * N) {
      s0 = Op::combine(s0, Op::term(d, hn::LoadU(d, x + i), c));
      s1 = Op::combine(s1, Op::term(d, hn::LoadU(d, x + i + N), c));
      s2 = Op::combine(s2, Op::term(d, hn::LoadU(d, x + i + 2 * N), c));
      s3 = Op::combine(s3, Op::term(d, hn::LoadU(d, x + i + 3 * N), c));
    }
    for (; i + N <= end; i += N) s0 = Op::combine(s0, Op::term(d, hn::LoadU(d, x + i), c));
    if (i < end) {
      const V last = Op::term(d, load_tail(d, x + i, end - i), c);
      s1 = Op::combine(s1, hn::IfThenElse(hn::FirstN(d, static_cast<size_t>(end - i)), last, start));
    }
    const V s = Op::combine(Op::combine(s0, s1), Op::combine(s2, s3));
    total = Op::combine(total, Op::over_lanes(d, s));
  }
  return total;
}

/// acc[j] combined with the terms of `rows` rows of n values; center[j], or nothing.
template <class Op, class T>
HWY_INLINE void columns(T* acc, const T* x, int64_t rows, int64_t stride, int64_t n, const T* center) {
  const hn::ScalableTag<T> d;
  using V = hn::Vec<decltype(d)>;
  const int64_t N = lanes(d);
  const V zero = hn::Zero(d);
  int64_t r = 0;
  for (; r + 4 <= rows; r += 4) {
    const T *const x0 = x + r * stride, *const x1 = x0 + stride, *const x2 = x1 + stride,
                   *const x3 = x2 + stride;
    int64_t j = 0;
    for (; j + N <= n; j += N) {
      const V c = center != nullptr ? hn::LoadU(d, center + j) : zero;
      const V a = Op::combine(Op::term(d, hn::LoadU(d, x0 + j), c), Op::term(d, hn::LoadU(d, x1 + j), c));
      const V b = Op::combine(Op::term(d, hn::LoadU(d, x2 + j), c), Op::term(d, hn::LoadU(d, x3 + j), c));
      hn::StoreU(Op::combine(hn::LoadU(d, acc + j), Op::combine(a, b)), d, acc + j);
    }
    if (j < n) {
      const int64_t m = n - j;
      const V c = center != nullptr ? load_tail(d, center + j, m) : zero;
      const V a =
          Op::combine(Op::term(d, load_tail(d, x0 + j, m), c), Op::term(d, load_tail(d, x1 + j, m), c));
      const V b =
          Op::combine(Op::term(d, load_tail(d, x2 + j, m), c), Op::term(d, load_tail(d, x3 + j, m), c));
      store_tail(Op::combine(load_tail(d, acc + j, m), Op::combine(a, b)), d, acc + j, m);
    }
  }
  for (; r < rows; ++r) {
    const T* const row = x + r * stride;
    int64_t j = 0;
    for (; j + N <= n; j += N) {
      const V c = center != nullptr ? hn::LoadU(d, center + j) : zero;
      hn::StoreU(Op::combine(hn::LoadU(d, acc + j), Op::term(d, hn::LoadU(d, row + j), c)), d, acc + j);
    }
    if (j < n) {
      const int64_t m = n - j;
      const V c = center != nullptr ? load_tail(d, center + j, m) : zero;
      store_tail(Op::combine(load_tail(d, acc + j, m), Op::term(d, load_tail(d, row + j, m), c)), d, acc + j,
                 m);
    }
  }
}

}  // namespace infograd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target guard
