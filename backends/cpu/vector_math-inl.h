// Per-target vector functions with the limits of <cmath>: NaN stays, infinities and zeros give what they
// should. Highway's polynomials inside their ranges; our own for erf. Largest errors, in units in the last
// place, are asserted in tests/backends/test_cpu_vector_math.cpp.
#include <hwy/contrib/math/math-inl.h>

#include <infograd/backends/cpu/simd-inl.h>

#if defined(INFOGRAD_CPU_VECTOR_MATH_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef INFOGRAD_CPU_VECTOR_MATH_INL_H_
#undef INFOGRAD_CPU_VECTOR_MATH_INL_H_
#else
#define INFOGRAD_CPU_VECTOR_MATH_INL_H_
#endif

HWY_BEFORE_NAMESPACE();
namespace infograd::HWY_NAMESPACE {

/// sum_i c[i] x^i, as two interleaved Horner chains.
template <class D, class V, class T, size_t N>
HWY_INLINE V polynomial(D d, V x, const T (&c)[N]) {
  const V x2 = hn::Mul(x, x);
  V even = set(d, c[(N - 1) / 2 * 2]), odd = set(d, c[(N - 2) / 2 * 2 + 1]);
  for (size_t i = (N - 1) / 2 * 2; i >= 2; i -= 2) even = hn::MulAdd(even, x2, set(d, c[i - 2]));
  for (size_t i = (N - 2) / 2 * 2 + 1; i >= 3; i -= 2) odd = hn::MulAdd(odd, x2, set(d, c[i - 2]));
  return hn::MulAdd(odd, x, even);
}

/// f(x) lane by lane, for arguments beyond the range of a vector form.
template <class D, class V, class F>
HWY_NOINLINE V by_lane(D d, V x, F f) {
  HWY_ALIGN hn::TFromD<D> block[hn::MaxLanes(d)];
  hn::Store(x, d, block);
  for (size_t i = 0; i < hn::Lanes(d); ++i) block[i] = f(block[i]);
  return hn::Load(d, block);
}

template <class D, class V>
HWY_INLINE V exp(D d, V x) {
  constexpr bool kSingle = sizeof(hn::TFromD<D>) == 4;
  const V y = hn::Exp(d, hn::Min(x, set(d, kSingle ? 90.0 : 720.0)));
  return hn::IfThenElse(hn::IsNaN(x), x, y);
}

template <class D, class V>
HWY_INLINE V expm1(D d, V x) {
  constexpr bool kSingle = sizeof(hn::TFromD<D>) == 4;
  const V y = hn::Expm1(d, hn::Min(x, set(d, kSingle ? 90.0 : 720.0)));
  return hn::IfThenElse(hn::IsNaN(x), x, y);
}

/// y where 0 < x < inf; log's limits elsewhere.
template <class D, class V>
HWY_INLINE V log_limits(D d, V x, V y) {
  using Limits = std::numeric_limits<hn::TFromD<D>>;
  const V infinity = hn::Set(d, Limits::infinity());
  const V zero = hn::Zero(d);
  const V limit =
      hn::IfThenElse(hn::Eq(x, zero), hn::Neg(infinity),
                     hn::IfThenElse(hn::Eq(x, infinity), infinity, hn::Set(d, Limits::quiet_NaN())));
  return hn::IfThenElse(hn::And(hn::Gt(x, zero), hn::Lt(x, infinity)), y, limit);
}
template <class D, class V>
HWY_INLINE V log(D d, V x) {
  return log_limits(d, x, hn::Log(d, x));
}
template <class D, class V>
HWY_INLINE V log1p(D d, V x) {
  return log_limits(d, hn::Add(x, set(d, 1)), hn::Log1p(d, x));
}

/// Highway reduces arguments up to this size accurately; beyond, <cmath>.
inline constexpr double kTrigonometricRange = 39000;

template <class D, class V>
HWY_INLINE V sin(D d, V x) {
  if (HWY_UNLIKELY(!hn::AllTrue(d, hn::Le(hn::Abs(x), set(d, kTrigonometricRange)))))
    return by_lane(d, x, [](auto v) { return std::sin(v); });
  return hn::Sin(d, x);
}
template <class D, class V>
HWY_INLINE V cos(D d, V x) {
  if (HWY_UNLIKELY(!hn::AllTrue(d, hn::Le(hn::Abs(x), set(d, kTrigonometricRange)))))
    return by_lane(d, x, [](auto v) { return std::cos(v); });
  return hn::Cos(d, x);
}

template <class D, class V>
HWY_INLINE V tanh(D d, V x) {
  return hn::Tanh(d, x);
}

template <class D, class V>
HWY_INLINE V sigmoid(D d, V x) {
  const V one = set(d, 1);
  const V e = exp(d, hn::Neg(hn::Abs(x)));  // never overflows
  return hn::Div(hn::IfThenElse(hn::Ge(x, hn::Zero(d)), one, e), hn::Add(one, e));
}

// erf(x) = x p(x^2) for |x| < 1; erfc(x) = e^(-x^2) q((x-2)/(x+2)) / (x+2) above. p and q are Chebyshev
// interpolants of erf(x)/x and of e^(x^2) erfc(x) (x+2), fitted in double.
template <class T>
struct ErfTable;
template <>
struct ErfTable<float> {
  static constexpr float p[] = {1.12837913F,    -0.376123498F,  0.112803644F,
                                -0.0267163851F, 0.00492327767F, -0.000565410586F};
  static constexpr float q[] = {1.02158267F,    -0.687160688F,   0.27947606F,
                                -0.0364458298F, -0.0215835662F,  0.00661641807F,
                                0.00337252931F, -0.00180904984F, 0.000141007208F};
  static constexpr uint32_t upper_half = 0xFFFFF000U;
};
template <>
struct ErfTable<double> {
  static constexpr double p[] = {1.1283791670955126,      -0.37612638903183748,    0.11283791670955126,
                                 -0.026866170645131249,   0.0052239776254421871,   -0.00085483270234508522,
                                 0.00012055332981789664,  -1.4925650358406252e-05, 1.6462114365889246e-06,
                                 -1.6365844691234924e-07, 1.4807192815879218e-08,  -1.2290555301717926e-09,
                                 9.4227590646504113e-11,  -6.7113668551641105e-12, 4.463224263286477e-13,
                                 -2.7835162072109215e-14, 1.6342614095367152e-15,  -9.0639708428086715e-17};
  static constexpr double q[] = {1.0215827052420219,      -0.68716068441382294,    0.27947209255608374,
                                 -0.036442231506051831,   -0.021510661886942652,   0.0064791850421148057,
                                 0.0030906119081089453,   -0.00083729532776127109, -0.00066307085810447819,
                                 3.4356437393086866e-05,  0.00014445961608909326,  3.4311427064397955e-05,
                                 -2.1875830380796615e-05, -1.6814550274768242e-05, 9.3461615309551732e-07,
                                 2.772477733244921e-06,   -2.7347796742353627e-06, 1.0286011039188734e-05,
                                 -1.0285455949151872e-05, 4.1393399067924849e-06,  -6.1651699208139464e-07};
  static constexpr uint64_t upper_half = 0xFFFFFFFFF8000000U;
};

/// erfc(a) for a >= 1. The rounding error of a^2 is carried along: it would grow with a^2 in the exponential.
template <class D, class V>
HWY_INLINE V erfc_tail(D d, V a) {
  using Table = ErfTable<hn::TFromD<D>>;
  const hn::RebindToUnsigned<D> du;
  const V high = hn::BitCast(d, hn::And(hn::BitCast(du, a), hn::Set(du, Table::upper_half)));
  const V square = hn::Mul(a, a);
  const V error = hn::MulAdd(hn::Sub(a, high), hn::Add(a, high), hn::Sub(hn::Mul(high, high), square));
  const V e = exp(d, hn::Neg(square));
  const V inverse = hn::Div(set(d, 1), hn::Add(a, set(d, 2)));
  const V q = polynomial(d, hn::Mul(hn::Sub(a, set(d, 2)), inverse), Table::q);
  return hn::Mul(hn::Mul(hn::NegMulAdd(e, error, e), q), inverse);
}
template <class D, class V>
HWY_INLINE V erf(D d, V x) {
  const V one = set(d, 1);
  const V a = hn::Abs(x);
  const V near = hn::Mul(x, polynomial(d, hn::Mul(x, x), ErfTable<hn::TFromD<D>>::p));
  const V clamped = hn::Min(hn::Max(a, one), set(d, 30));
  const V far = hn::CopySign(hn::Sub(one, erfc_tail(d, clamped)), x);
  return hn::IfThenElse(hn::Gt(a, one), far, near);  // NaN goes through `near`
}
template <class D, class V>
HWY_INLINE V erfc(D d, V x) {
  const V one = set(d, 1);
  const V a = hn::Abs(x);
  const V near = hn::Sub(one, hn::Mul(x, polynomial(d, hn::Mul(x, x), ErfTable<hn::TFromD<D>>::p)));
  const V tail = erfc_tail(d, hn::Min(hn::Max(a, one), set(d, 30)));
  const V far = hn::IfThenElse(hn::Gt(x, hn::Zero(d)), tail, hn::Sub(set(d, 2), tail));
  return hn::IfThenElse(hn::Gt(a, one), far, near);
}

}  // namespace infograd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target guard
