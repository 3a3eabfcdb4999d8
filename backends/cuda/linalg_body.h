// Private: what linear algebra needs beside the libraries' routines, one thread at a time.
#pragma once

#include <cmath>
#include <limits>

#include <infograd/backends/cuda/launch.h>

namespace infograd::cuda {

/// Zeros above the diagonal of a [n, n].
template <class T>
struct KeepLower {
  T* a;
  int64_t n;
  INFOGRAD_HD void run(int64_t e) const {
    const int64_t i = e / n;
    if (e - i * n > i) a[e] = 0;
  }
};

/// R [k, n] with a diagonal >= 0 from the columns [n, m] of a factorisation, and by what the rows of R were,
/// and the columns of Q must be, multiplied.
template <class T>
struct TakeR {
  const T* columns;
  T* r;
  T* signs;  ///< [k]
  int64_t m, n;
  INFOGRAD_HD void run(int64_t e) const {
    const int64_t i = e / n, j = e - i * n;
    const T sign = columns[i * m + i] < 0 ? T(-1) : T(1);
    r[e] = j < i ? T(0) : sign * columns[j * m + i];
    if (j == 0) signs[i] = sign;
  }
};

/// Sign and log-size of a determinant from its factors; the threads of one block share the diagonal.
template <class T>
struct Determinant {
  struct Value {
    double log_size;
    int negative;  ///< factors -1
  };
  const T* lu;  ///< [n, n]
  const int* pivots;
  const int* info;
  T* sign;
  T* logabsdet;
  int64_t n;

  INFOGRAD_HD Value lane(int thread) const {
    Value value{0, 0};
    for (int64_t i = thread; i < n; i += kThreads) {
      const auto pivot = static_cast<double>(lu[i * n + i]);
      value.log_size += std::log(std::abs(pivot));
      value.negative += (pivot < 0 ? 1 : 0) + (pivots[i] != i + 1 ? 1 : 0);
    }
    return value;
  }
  INFOGRAD_HD static Value add(const Value& a, const Value& b) {
    return {a.log_size + b.log_size, a.negative + b.negative};
  }
  INFOGRAD_HD void write(const Value& value) const {
    const bool vanishes = *info > 0;
    const double s = vanishes ? 0 : value.negative % 2 == 0 ? 1 : -1;
    const double size = vanishes ? -std::numeric_limits<double>::infinity() : value.log_size;
    *sign = static_cast<T>(size != size ? size : s);
    *logabsdet = static_cast<T>(size);
  }
};

/// |x_i - y_j|^2 from products x_i . y_j that stand in `out`: again by its definition where digits cancelled.
/// Without squares, by its definition everywhere.
template <class T>
struct Distances {
  static constexpr double kCancelled = 0.01;  ///< as on the CPU: a hundredth has lost two digits

  T* out;  ///< [m, n]
  const T* x;
  const T* y;          ///< null: x
  const T* x_squares;  ///< [m]; null: no products
  const T* y_squares;
  int64_t m, n, depth;

  INFOGRAD_HD void run(int64_t e) const {
    const int64_t i = e / n, j = e - i * n;
    if (y != nullptr) {
      out[e] = distance(i, y, y_squares, j, out[e]);
    } else if (j <= i) {  // one thread writes both sides
      out[i * n + j] = out[j * n + i] = i == j ? T(0) : distance(i, x, x_squares, j, out[e]);
    }
  }

 private:
  INFOGRAD_HD T distance(int64_t i, const T* others, const T* other_squares, int64_t j, T product) const {
    if (x_squares != nullptr) {
      const T sum = x_squares[i] + other_squares[j], fast = sum - 2 * product;
      if (fast >= static_cast<T>(kCancelled) * sum) return fast;
    }
    T sum = 0;
    for (int64_t c = 0; c < depth; ++c) {
      const T difference = x[i * depth + c] - others[j * depth + c];
      sum += difference * difference;
    }
    return sum;
  }
};

}  // namespace infograd::cuda
