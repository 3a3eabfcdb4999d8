// Private: what the norms accumulate: mean and variance in one pass, and the sums of their gradients.
// Policies for SliceKernel: f32 over short stretches, f64 beyond.
#pragma once

#include <infograd/backends/cuda/images.h>

namespace infograd::cuda {

/// Count, mean and squared deviations of some values, joined as by Chan, Golub and LeVeque 1983. Of none: {}.
struct Moments {
  double n, mean, squares;

  INFOGRAD_HD static Moments combine(const Moments& a, const Moments& b) {
    const double n = a.n + b.n;
    if (n == 0) return a;
    const double share = b.n / n, apart = b.mean - a.mean;
    return {n, a.mean + apart * share, a.squares + b.squares + apart * apart * a.n * share};
  }
  INFOGRAD_HD double variance() const { return squares / n; }
};

template <class T>
struct MomentsOf {
  using C = typename Compute<T>::type;
  using Acc = Moments;
  /// A stretch, counted from its first value so that little cancels.
  struct Part {
    C first = 0, sum = 0, squares = 0;
    int n = 0;
  };

  INFOGRAD_HD Acc start() const { return {}; }
  INFOGRAD_HD Part begin() const { return {}; }
  INFOGRAD_HD int context(int64_t /*slice*/) const { return 0; }
  INFOGRAD_HD void add(Part& part, T value, int64_t /*r*/, int /*context*/) const {
    const C v = convert<C>(value);
    if (part.n++ == 0) part.first = v;
    const C d = v - part.first;
    part.sum += d;
    part.squares += d * d;
  }
  INFOGRAD_HD Acc widen(const Part& part) const {
    if (part.n == 0) return {};
    const double n = part.n, sum = part.sum, shift = sum / n, squares = part.squares - sum * shift;
    return {n, static_cast<double>(part.first) + shift, squares > 0 || squares != squares ? squares : 0};
  }
  INFOGRAD_HD static Acc combine(const Acc& a, const Acc& b) { return Moments::combine(a, b); }
  INFOGRAD_HD Acc finish(const Acc& acc, int64_t /*slice*/) const { return acc; }
};

/// Of g, the gradient of a normalised value xhat = (x - mean) * rstd: sum g and sum g xhat.
struct GradSums {
  double sum, projection;
  INFOGRAD_HD static GradSums combine(const GradSums& a, const GradSums& b) {
    return {a.sum + b.sum, a.projection + b.projection};
  }
};

/// Values are those of x; element r of slice s lies in dy and y as `within` and the steps say. The statistics
/// of it are number s * by_slice + r * by_element.
template <class T>
struct GradSumsOf {
  using C = typename Compute<T>::type;
  using Acc = GradSums;
  struct Part {
    C sum = 0, projection = 0;
  };
  struct Context {
    int64_t dy, y, statistics;
  };
  const T* dy = nullptr;
  const T* y = nullptr;  ///< null: no relu; else g = 0 where y is not positive
  int64_t dy_step = 0, y_step = 0;
  Offsets<2> within;
  Vector<const T> mean, rstd;
  int64_t by_slice = 0, by_element = 0;

  INFOGRAD_HD Acc start() const { return {}; }
  INFOGRAD_HD Part begin() const { return {}; }
  INFOGRAD_HD Context context(int64_t slice) const {
    return {slice * dy_step, slice * y_step, slice * by_slice};
  }
  INFOGRAD_HD void add(Part& part, T value, int64_t r, const Context& from) const {
    int64_t at[2] = {r * within.stride[0][0], r * within.stride[1][0]};  // one axis may be of any length
    if (within.rank > 1) within.at(static_cast<uint32_t>(r), at);
    if (y != nullptr && !(convert<C>(y[from.y + at[1]]) > 0)) return;
    const C g = convert<C>(dy[from.dy + at[0]]);
    const int64_t s = from.statistics + r * by_element;
    part.sum += g;
    part.projection += g * ((convert<C>(value) - static_cast<C>(mean.at(s))) * static_cast<C>(rstd.at(s)));
  }
  INFOGRAD_HD Acc widen(const Part& part) const { return {part.sum, part.projection}; }
  INFOGRAD_HD static Acc combine(const Acc& a, const Acc& b) { return GradSums::combine(a, b); }
  INFOGRAD_HD Acc finish(const Acc& acc, int64_t /*slice*/) const { return acc; }
};

/// The second pass over slices that were cut: values that are only combined.
template <class Value>
struct Combined {
  using Acc = Value;
  using Part = Value;

  INFOGRAD_HD Acc start() const { return {}; }
  INFOGRAD_HD Part begin() const { return {}; }
  INFOGRAD_HD int context(int64_t /*slice*/) const { return 0; }
  INFOGRAD_HD void add(Part& part, const Value& value, int64_t /*r*/, int /*context*/) const {
    part = Value::combine(part, value);
  }
  INFOGRAD_HD Acc widen(const Part& part) const { return part; }
  INFOGRAD_HD Acc combine(const Acc& a, const Acc& b) const { return Value::combine(a, b); }
  INFOGRAD_HD Acc finish(const Acc& acc, int64_t /*slice*/) const { return acc; }
};

}  // namespace infograd::cuda
