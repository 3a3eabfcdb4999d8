// Private: what the reductions accumulate (SliceKernel's policies). f32 and bf16 run in f32 over short
// stretches and in f64 beyond; f64 in f64; integers in i64, which wraps.
#pragma once

#include <cmath>
#include <limits>

#include <infograd/backends/args.h>
#include <infograd/backends/element.h>
#include <infograd/backends/integer_ops.h>
#include <infograd/backends/scalar_ops.h>

namespace infograd::cuda {

enum class Combine : uint8_t { sum, product, max, min };
/// Of a value and, for the last two, a centre c: (v - c)^2, e^(v - c).
enum class Term : uint8_t { value, square, magnitude, squared_deviation, exponential };

template <Combine kind, class S>
INFOGRAD_HD S combine(S a, S b) {
  if constexpr (kind == Combine::max) {
    return scalar_math::Maximum::f(a, b, S(0));
  } else if constexpr (kind == Combine::min) {
    return scalar_math::Minimum::f(a, b, S(0));
  } else if constexpr (std::is_same_v<S, int64_t>) {
    return kind == Combine::sum ? integer_ops::wrapping_add(a, b) : integer_ops::wrapping_mul(a, b);
  } else {
    return kind == Combine::sum ? a + b : a * b;
  }
}

template <Term kind, class S>
INFOGRAD_HD S term(S v, S center) {
  if constexpr (kind == Term::value) {
    return v;
  } else if constexpr (std::is_same_v<S, int64_t>) {
    return kind == Term::square ? integer_ops::wrapping_mul(v, v)
           : v < 0              ? integer_ops::wrapping_mul(v, -1)
                                : v;
  } else if constexpr (kind == Term::square) {
    return v * v;
  } else if constexpr (kind == Term::magnitude) {
    return std::abs(v);
  } else if constexpr (kind == Term::squared_deviation) {
    return (v - center) * (v - center);
  } else {
    return std::exp(v - center);
  }
}

/// What becomes of the accumulated number.
enum class Finish : uint8_t { as_it_is, mean, variance, logsumexp };

/// The value of an empty accumulation of a dtype.
inline double real_start(Combine kind) {
  const double infinity = std::numeric_limits<double>::infinity();
  return kind == Combine::sum       ? 0
         : kind == Combine::product ? 1
         : kind == Combine::max     ? -infinity
                                    : infinity;
}
inline int64_t whole_start(Combine kind, DType dtype) {
  using Limits = std::numeric_limits<int64_t>;
  switch (kind) {
    case Combine::sum:
      return 0;
    case Combine::product:
      return 1;
    case Combine::max:
      return dtype == DType::i64 ? Limits::min() : 0;
    default:
      return dtype == DType::i64 ? Limits::max() : dtype == DType::u8 ? 255 : 1;
  }
}

template <Combine kind, Term of, class T, class Out>
struct Accumulate {
  using Acc = std::conditional_t<is_floating_v<T>, double, int64_t>;
  /// f32 where the terms are; products could leave its range though their end does not.
  using Part =
      std::conditional_t<!is_floating_v<T>, int64_t,
                         std::conditional_t<kind == Combine::product, double, typename Compute<T>::type>>;

  Acc first;                       ///< of an empty slice
  const double* center = nullptr;  ///< one per slice, for the terms that have one and for finish
  Finish last = Finish::as_it_is;
  double n = 1, correction = 0;  ///< for finish
  bool f32_center = false;       ///< the terms used the centre rounded to f32

  INFOGRAD_HD Acc start() const { return first; }
  INFOGRAD_HD Part begin() const { return static_cast<Part>(first); }
  INFOGRAD_HD Part context(int64_t slice) const {
    return center != nullptr ? static_cast<Part>(center[slice]) : Part(0);
  }
  INFOGRAD_HD void add(Part& part, T value, int64_t /*r*/, Part c) const {
    part = cuda::combine<kind>(part, term<of>(convert<Part>(value), c));
  }
  INFOGRAD_HD Acc widen(Part part) const { return static_cast<Acc>(part); }
  INFOGRAD_HD Acc combine(Acc a, Acc b) const { return cuda::combine<kind>(a, b); }

  INFOGRAD_HD Out finish(Acc acc, int64_t slice) const {
    if constexpr (is_floating_v<T>) {
      if (last == Finish::mean) acc /= n;
      if (last == Finish::variance) acc = variance(acc, center[slice]);
      if (last == Finish::logsumexp) {
        const double largest = center[slice];  // infinite: all -inf, or a +inf; the sum would give NaN
        acc = std::isinf(largest) ? largest : largest + std::log(acc);
      }
    }
    return convert<Out>(acc);
  }

 private:
  // Where the deviations were taken from c, the mean m in f32: sum (x - m)^2 = sum (x - c)^2 - n (m - c)^2.
  INFOGRAD_HD double variance(double squares, double mean) const {
    const double shift = f32_center ? mean - static_cast<double>(static_cast<float>(mean)) : 0;
    const double freedom = n - correction;
    return (squares - n * shift * shift) / (freedom > 0 ? freedom : 0);
  }
};

/// Where the largest or smallest value is: the first of equals; a NaN beats numbers, the first NaN all.
template <class T>
struct BestIndex {
  using Wide = std::conditional_t<is_floating_v<T>, double, int64_t>;
  struct Acc {
    Wide value;
    int64_t index;  ///< -1: none yet
  };
  using Part = Acc;
  bool largest;

  INFOGRAD_HD Acc start() const { return {Wide(0), -1}; }
  INFOGRAD_HD Part begin() const { return start(); }
  INFOGRAD_HD int context(int64_t /*slice*/) const { return 0; }
  INFOGRAD_HD void add(Part& part, T value, int64_t r, int /*context*/) const {
    part = combine(part, Acc{convert<Wide>(value), r});
  }
  INFOGRAD_HD Acc widen(const Part& part) const { return part; }
  INFOGRAD_HD Acc combine(const Acc& a, const Acc& b) const {
    if (a.index < 0) return b;
    if (b.index < 0) return a;
    const bool a_nan = a.value != a.value, b_nan = b.value != b.value;
    if (a_nan || b_nan) return a_nan && (!b_nan || a.index < b.index) ? a : b;
    if (a.value == b.value) return a.index < b.index ? a : b;
    return (a.value > b.value) == largest ? a : b;
  }
  INFOGRAD_HD int64_t finish(const Acc& acc, int64_t /*slice*/) const {
    return acc.index < 0 ? 0 : acc.index;
  }
};

}  // namespace infograd::cuda
