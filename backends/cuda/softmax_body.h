// Private: softmax and its gradient of slices along one axis, in steps between which the lanes of a slice
// meet. Lanes and blocks: lines.h.
#pragma once

#include <cmath>
#include <limits>

#include <infograd/backends/cuda/lines.h>
#include <infograd/backends/element.h>
#include <infograd/backends/scalar_ops.h>

namespace infograd::cuda {

/// y = e^(x - m) / s, or x - m - log s. Two numbers per lane: the largest m first, then the sum s.
template <class T>
struct SoftmaxKernel {
  using C = typename Compute<T>::type;
  using Value = double;
  Lines<2> lines;  ///< out, x
  T* out;
  const T* x;
  bool log;

  INFOGRAD_HD Value largest(int64_t block, int thread) const {
    C m = -std::numeric_limits<C>::infinity();
    lines.for_each(block, thread, reader(), [&](const int64_t*, int64_t, T value) {
      m = scalar_math::Maximum::f(m, convert<C>(value), C(0));
    });
    return m;
  }
  INFOGRAD_HD static Value larger(Value a, Value b) { return scalar_math::Maximum::f(a, b, 0.0); }

  /// All masked: -inf everywhere gives probability 0, not NaN.
  INFOGRAD_HD static bool masked(Value m) { return m == -std::numeric_limits<Value>::infinity(); }

  INFOGRAD_HD Value sum(int64_t block, int thread, Value m) const {
    Value s = 0;
    if (masked(m)) return s;
    lines.for_each(block, thread, reader(), [&](const int64_t*, int64_t, T value) {
      s += static_cast<Value>(std::exp(convert<C>(value) - static_cast<C>(m)));
    });
    return s;
  }
  INFOGRAD_HD static Value add(Value a, Value b) { return a + b; }

  INFOGRAD_HD void write(int64_t block, int thread, Value m, Value s) const {
    const Value log_sum = std::log(s);
    const C scale = static_cast<C>(1 / s), shift = static_cast<C>(log_sum), center = static_cast<C>(m);
    lines.for_each(block, thread, reader(), [&](const int64_t* at, int64_t, T value) {
      const C above = convert<C>(value) - center;
      C y = log ? above - shift : std::exp(above) * scale;
      if (masked(m)) y = log ? center : C(0);
      out[at[0]] = convert<T>(y);
    });
  }

 private:
  INFOGRAD_HD auto reader() const {
    return [x = x](const int64_t* at, int64_t) { return x[at[1]]; };
  }
};

/// dx = y (dy - sum y dy); of log-softmax dx = dy - e^y sum dy. A masked slice, whose probabilities sum to 0,
/// gives 0.
template <class T>
struct SoftmaxGradKernel {
  using C = typename Compute<T>::type;
  struct Value {
    double sum, total;
  };
  Lines<3> lines;  ///< dx, dy, y
  T* dx;
  const T* dy;
  const T* y;
  bool log;

  INFOGRAD_HD Value sums(int64_t block, int thread) const {
    Value v{0, 0};
    lines.for_each(block, thread, reader(), [&](const int64_t*, int64_t, const Pair& pair) {
      const C g = convert<C>(pair.dy), p = probability(pair.y);
      v.sum += log ? g : p * g;
      v.total += p;
    });
    return v;
  }
  INFOGRAD_HD static Value add(Value a, Value b) { return {a.sum + b.sum, a.total + b.total}; }

  INFOGRAD_HD void write(int64_t block, int thread, Value v) const {
    const C sum = static_cast<C>(v.sum);
    const bool masked = v.total == 0;
    lines.for_each(block, thread, reader(), [&](const int64_t* at, int64_t, const Pair& pair) {
      const C g = convert<C>(pair.dy), p = probability(pair.y);
      dx[at[0]] = convert<T>(masked ? C(0) : log ? g - p * sum : p * (g - sum));
    });
  }

 private:
  struct Pair {
    T dy, y;
  };
  INFOGRAD_HD auto reader() const {
    return [dy = dy, y = y](const int64_t* at, int64_t) { return Pair{dy[at[1]], y[at[2]]}; };
  }
  INFOGRAD_HD C probability(T value) const {
    const C c = convert<C>(value);
    return log ? std::exp(c) : c;
  }
};

}  // namespace infograd::cuda
