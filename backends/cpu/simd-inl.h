// Per-target helpers: whole vectors first, then one partial vector. Included once per instruction set, hence
// no plain include guard.
#include <hwy/highway.h>

#if defined(INFOGRAD_CPU_SIMD_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef INFOGRAD_CPU_SIMD_INL_H_
#undef INFOGRAD_CPU_SIMD_INL_H_
#else
#define INFOGRAD_CPU_SIMD_INL_H_
#endif

HWY_BEFORE_NAMESPACE();
namespace infograd::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <class D>
HWY_INLINE int64_t lanes(D d) {
  return static_cast<int64_t>(hn::Lanes(d));
}
template <class D, class S>
HWY_INLINE hn::Vec<D> set(D d, S value) {
  return hn::Set(d, static_cast<hn::TFromD<D>>(value));
}

/// First n < lanes elements; the others are 0. Reads nothing beyond them.
template <class D, class T = hn::TFromD<D>>
HWY_INLINE hn::Vec<D> load_tail(D d, const T* x, int64_t n) {
#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3
  return hn::MaskedLoad(hn::FirstN(d, static_cast<size_t>(n)), d, x);
#else
  HWY_ALIGN T block[hn::MaxLanes(d)] = {};
  for (int64_t i = 0; i < n; ++i) block[i] = x[i];
  return hn::Load(d, block);
#endif
}
template <class D, class T = hn::TFromD<D>>
HWY_INLINE void store_tail(hn::Vec<D> v, D d, T* x, int64_t n) {
#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3
  hn::BlendedStore(v, hn::FirstN(d, static_cast<size_t>(n)), d, x);
#else
  HWY_ALIGN T block[hn::MaxLanes(d)];
  hn::Store(v, d, block);
  for (int64_t i = 0; i < n; ++i) x[i] = block[i];
#endif
}

/// out[i] = f(x[i]..); out may be one of x. f stands here once: the tail shares the code of whole vectors.
template <class T, class F, class... X>
HWY_INLINE void map(T* out, int64_t n, const F& f, const X*... x) {
  const hn::ScalableTag<T> d;
  for (int64_t i = 0; i < n; i += lanes(d)) {
    const int64_t rest = n - i;
    const bool whole = rest >= lanes(d);
    const auto y = f(d, whole ? hn::LoadU(d, x + i) : load_tail(d, x + i, rest)...);
    if (whole)
      hn::StoreU(y, d, out + i);
    else
      store_tail(y, d, out + i, rest);
  }
}

}  // namespace infograd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target guard
