#include <infograd/backends/cpu/all_pairs_tile.h>
#include <infograd/backends/cpu/highway.h>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "infograd/backends/cpu/all_pairs_tile.cpp"
#include <hwy/foreach_target.h>

#include <infograd/backends/cpu/vector_math-inl.h>

HWY_BEFORE_NAMESPACE();
namespace infograd::HWY_NAMESPACE {
namespace {

using all_pairs::kSharedRange;
using all_pairs::Tile;
using all_pairs::TileLse;
using all_pairs::TileSums;

/// Calls f(j, mask, lanes used) for the vectors of a row; the mask is only needed for the last, partial one.
template <class D, class F>
HWY_INLINE void for_each_vector(D d, int64_t n, F&& f) {
  const int64_t N = lanes(d);
  int64_t j = 0;
  for (; j + N <= n; j += N) f(j, N);
  if (j < n) f(j, n - j);
}
/// n lanes; the others hold `rest`.
template <class D, class T>
HWY_INLINE hn::Vec<D> load(D d, const T* x, int64_t n, T rest) {
  if (HWY_LIKELY(n == lanes(d))) return hn::LoadU(d, x);
  return hn::IfThenElse(hn::FirstN(d, static_cast<size_t>(n)), load_tail(d, x, n), hn::Set(d, rest));
}
template <class D, class T>
HWY_INLINE void store(hn::Vec<D> v, D d, T* x, int64_t n) {
  if (HWY_LIKELY(n == lanes(d)))
    hn::StoreU(v, d, x);
  else
    store_tail(v, d, x, n);
}

template <class T>
constexpr T kMinusInfinity = -std::numeric_limits<T>::infinity();

/// Largest entry of each row and each column.
template <class T>
HWY_INLINE void extremes(const Tile<const T>& s, T* row_max, T* column_max) {
  const hn::ScalableTag<T> d;
  std::fill_n(column_max, s.cols, kMinusInfinity<T>);
  for (int64_t i = 0; i < s.rows; ++i) {
    const T* const row = s.data + i * s.ld;
    auto largest = hn::Set(d, kMinusInfinity<T>);
    for_each_vector(d, s.cols, [&](int64_t j, int64_t n) HWY_ATTR {
      const auto x = load(d, row + j, n, kMinusInfinity<T>);
      largest = hn::Max(largest, x);
      store(hn::Max(load(d, column_max + j, n, kMinusInfinity<T>), x), d, column_max + j, n);
    });
    row_max[i] = hn::GetLane(hn::MaxOfLanes(d, largest));
  }
}

/// e^(s - shift), summed over rows and columns; four rows at a time.
template <class T>
HWY_INLINE void sums_one_shift(const Tile<const T>& s, T shift, T* row_sum, T* column_sum) {
  const hn::ScalableTag<T> d;
  const auto c = hn::Set(d, shift);
  std::fill_n(column_sum, s.cols, T{0});
  const auto term = [&](const T* x, int64_t n)
                        HWY_ATTR { return exp(d, hn::Sub(load(d, x, n, kMinusInfinity<T>), c)); };
  int64_t i = 0;
  for (; i + 4 <= s.rows; i += 4) {
    const T *const x0 = s.data + i * s.ld, *const x1 = x0 + s.ld, *const x2 = x1 + s.ld,
                   *const x3 = x2 + s.ld;
    auto r0 = hn::Zero(d), r1 = r0, r2 = r0, r3 = r0;
    for_each_vector(d, s.cols, [&](int64_t j, int64_t n) HWY_ATTR {
      const auto e0 = term(x0 + j, n), e1 = term(x1 + j, n), e2 = term(x2 + j, n), e3 = term(x3 + j, n);
      r0 = hn::Add(r0, e0);
      r1 = hn::Add(r1, e1);
      r2 = hn::Add(r2, e2);
      r3 = hn::Add(r3, e3);
      const auto four = hn::Add(hn::Add(e0, e1), hn::Add(e2, e3));
      store(hn::Add(load(d, column_sum + j, n, T{0}), four), d, column_sum + j, n);
    });
    row_sum[i] = hn::GetLane(hn::SumOfLanes(d, r0));
    row_sum[i + 1] = hn::GetLane(hn::SumOfLanes(d, r1));
    row_sum[i + 2] = hn::GetLane(hn::SumOfLanes(d, r2));
    row_sum[i + 3] = hn::GetLane(hn::SumOfLanes(d, r3));
  }
  for (; i < s.rows; ++i) {
    const T* const row = s.data + i * s.ld;
    auto r = hn::Zero(d);
    for_each_vector(d, s.cols, [&](int64_t j, int64_t n) HWY_ATTR {
      const auto e = term(row + j, n);
      r = hn::Add(r, e);
      store(hn::Add(load(d, column_sum + j, n, T{0}), e), d, column_sum + j, n);
    });
    row_sum[i] = hn::GetLane(hn::SumOfLanes(d, r));
  }
}

/// Two exponentials per entry: each row and column has its own shift.
template <class T>
HWY_INLINE void sums_own_shifts(const Tile<const T>& s, const TileSums<T>& sums) {
  const hn::ScalableTag<T> d;
  std::fill_n(sums.column_sum, s.cols, T{0});
  for (int64_t i = 0; i < s.rows; ++i) {
    const T* const row = s.data + i * s.ld;
    const auto c = hn::Set(d, sums.row_shift[i]);
    auto r = hn::Zero(d);
    for_each_vector(d, s.cols, [&](int64_t j, int64_t n) HWY_ATTR {
      const auto x = load(d, row + j, n, kMinusInfinity<T>);
      r = hn::Add(r, exp(d, hn::Sub(x, c)));
      const auto e = exp(d, hn::Sub(x, load(d, sums.column_shift + j, n, T{0})));
      store(hn::Add(load(d, sums.column_sum + j, n, T{0}), e), d, sums.column_sum + j, n);
    });
    sums.row_sum[i] = hn::GetLane(hn::SumOfLanes(d, r));
  }
}

/// Smallest and largest of the finite values of two lists.
template <class T>
struct Range {
  T lowest = std::numeric_limits<T>::infinity(), highest = kMinusInfinity<T>;
  void add(const T* x, int64_t n) {
    for (int64_t i = 0; i < n; ++i) {
      if (x[i] == kMinusInfinity<T>) continue;  // entirely masked: its sum is 0 under any shift
      lowest = std::min(lowest, x[i]);
      highest = std::max(highest, x[i]);
    }
  }
};

template <class T>
HWY_INLINE void sums(const Tile<const T>& s, bool bounded, const TileSums<T>& out) {
  T shift = 0;
  if (!bounded) {
    extremes(s, out.row_shift, out.column_shift);
    Range<T> range;
    range.add(out.row_shift, s.rows);
    range.add(out.column_shift, s.cols);
    if (!(range.highest - range.lowest <= static_cast<T>(kSharedRange))) {
      std::replace(out.row_shift, out.row_shift + s.rows, kMinusInfinity<T>, T{0});
      std::replace(out.column_shift, out.column_shift + s.cols, kMinusInfinity<T>, T{0});
      return sums_own_shifts(s, out);
    }
    shift = range.highest;
  }
  std::fill_n(out.row_shift, s.rows, shift);
  std::fill_n(out.column_shift, s.cols, shift);
  sums_one_shift(s, shift, out.row_sum, out.column_sum);
}

/// e^(s - shift) (a_i + b_j), with a_i = row_grad_i e^(shift - row_lse_i) and b_j alike.
template <class T>
HWY_INLINE void slope_one_shift(const Tile<T>& g, const Tile<const T>& s, const TileLse<T>& lse, T shift) {
  const hn::ScalableTag<T> d;
  const auto c = hn::Set(d, shift);
  T* const b = lse.scratch;
  for (int64_t j = 0; j < s.cols; ++j) b[j] = lse.column_grad[j] * std::exp(shift - lse.column_lse[j]);
  for (int64_t i = 0; i < s.rows; ++i) {
    const T* const x = s.data + i * s.ld;
    T* const y = g.data + i * g.ld;
    const auto a = hn::Set(d, static_cast<T>(lse.row_grad[i] * std::exp(shift - lse.row_lse[i])));
    for_each_vector(d, s.cols, [&](int64_t j, int64_t n) HWY_ATTR {
      const auto e = exp(d, hn::Sub(load(d, x + j, n, T{0}), c));
      store(hn::Mul(e, hn::Add(a, load(d, b + j, n, T{0}))), d, y + j, n);
    });
  }
}

template <class T>
HWY_INLINE void slope_own_shifts(const Tile<T>& g, const Tile<const T>& s, const TileLse<T>& lse) {
  const hn::ScalableTag<T> d;
  for (int64_t i = 0; i < s.rows; ++i) {
    const T* const x = s.data + i * s.ld;
    T* const y = g.data + i * g.ld;
    const auto row_lse = hn::Set(d, lse.row_lse[i]), row_grad = hn::Set(d, lse.row_grad[i]);
    for_each_vector(d, s.cols, [&](int64_t j, int64_t n) HWY_ATTR {
      const auto v = load(d, x + j, n, T{0});
      const auto by_row = hn::Mul(row_grad, exp(d, hn::Sub(v, row_lse)));
      const auto by_column = exp(d, hn::Sub(v, load(d, lse.column_lse + j, n, T{0})));
      store(hn::MulAdd(load(d, lse.column_grad + j, n, T{0}), by_column, by_row), d, y + j, n);
    });
  }
}

/// No entry exceeds its row's or its column's log-sum-exp, so the largest of those bounds the tile.
template <class T>
HWY_INLINE void slope(const Tile<T>& g, const Tile<const T>& s, const TileLse<T>& lse) {
  Range<T> range;
  range.add(lse.row_lse, s.rows);
  range.add(lse.column_lse, s.cols);
  if (range.highest - range.lowest <= static_cast<T>(kSharedRange))
    slope_one_shift(g, s, lse, range.lowest);
  else
    slope_own_shifts(g, s, lse);
}

void sums_f32(const Tile<const float>& s, bool bounded, const TileSums<float>& out) {
  sums(s, bounded, out);
}
void sums_f64(const Tile<const double>& s, bool bounded, const TileSums<double>& out) {
  sums(s, bounded, out);
}
void slope_f32(const Tile<float>& g, const Tile<const float>& s, const TileLse<float>& lse) {
  slope(g, s, lse);
}
void slope_f64(const Tile<double>& g, const Tile<const double>& s, const TileLse<double>& lse) {
  slope(g, s, lse);
}

}  // namespace
}  // namespace infograd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace infograd {
namespace {
HWY_EXPORT(sums_f32);
HWY_EXPORT(sums_f64);
HWY_EXPORT(slope_f32);
HWY_EXPORT(slope_f64);
}  // namespace

namespace all_pairs {

void tile_sums(const Tile<const float>& s, bool bounded, const TileSums<float>& sums) {
  HWY_DYNAMIC_DISPATCH(sums_f32)(s, bounded, sums);
}
void tile_sums(const Tile<const double>& s, bool bounded, const TileSums<double>& sums) {
  HWY_DYNAMIC_DISPATCH(sums_f64)(s, bounded, sums);
}
void tile_slope(const Tile<float>& g, const Tile<const float>& s, const TileLse<float>& lse) {
  HWY_DYNAMIC_DISPATCH(slope_f32)(g, s, lse);
}
void tile_slope(const Tile<double>& g, const Tile<const double>& s, const TileLse<double>& lse) {
  HWY_DYNAMIC_DISPATCH(slope_f64)(g, s, lse);
}

}  // namespace all_pairs
}  // namespace infograd
#endif
