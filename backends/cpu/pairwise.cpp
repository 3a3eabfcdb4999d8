// Squared distances of all pairs of rows: one product, |x|^2 + |y|^2 - 2 x.y, then every entry that lost
// digits to cancellation again by its definition.
#include <algorithm>

#include <infograd/backends/cpu/blas.h>
#include <infograd/backends/cpu/cpu_linalg.h>
#include <infograd/backends/cpu/lapack.h>
#include <infograd/core/allocator.h>
#include <infograd/core/parallel.h>

namespace infograd {

namespace {

/// Below this part of |x|^2 + |y|^2 a difference has lost two digits or more.
constexpr double kCancelled = 0.01;
/// Rows per task: a column of a strip is one line of memory on the other side of the diagonal.
constexpr int64_t kStrip = 16;

template <class T>
T direct(const T* x, const T* y, int64_t depth) {
  T sum = 0;
  for (int64_t c = 0; c < depth; ++c) sum += (x[c] - y[c]) * (x[c] - y[c]);
  return sum;
}

template <class T>
void squares_of_rows(T* out, const T* x, int64_t rows, int64_t depth) {
  for (int64_t i = 0; i < rows; ++i) {
    T sum = 0;
    for (int64_t c = 0; c < depth; ++c) sum += x[i * depth + c] * x[i * depth + c];
    out[i] = sum;
  }
}

template <class T>
struct Rows {
  const T* x;
  const T* squares;
  int64_t count, depth;
};

template <class T>
T distance(const Rows<T>& x, int64_t i, const Rows<T>& y, int64_t j, T product) {
  const T sum = x.squares[i] + y.squares[j], fast = sum - 2 * product;
  if (fast >= static_cast<T>(kCancelled) * sum) return fast;
  return direct(x.x + i * x.depth, y.x + j * y.depth, x.depth);
}

template <class T>
void between(T* out, const Rows<T>& x, const Rows<T>& y) {
  blas::gemm<T>(x.count, y.count, x.depth, T{1}, {x.x, x.depth}, {y.x, y.depth, true}, T{0}, {out, y.count});
  parallel_for(x.count, std::max<int64_t>(1, kParallelGrain / y.count), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      for (int64_t j = 0; j < y.count; ++j) out[i * y.count + j] = distance(x, i, y, j, out[i * y.count + j]);
  });
}

template <class T>
void within(T* out, const Rows<T>& x) {
  const int64_t n = x.count;
  const int size = static_cast<int>(n), depth = static_cast<int>(x.depth);
  const T one = 1, zero = 0;
  lapack::Lapack<T>::syrk("U", "T", &size, &depth, &one, x.x, &depth, &zero, out, &size);  // lower, row-major
  const int64_t strips = (n + kStrip - 1) / kStrip;
  parallel_for(strips, std::max<int64_t>(1, kParallelGrain / (kStrip * n)), [&](int64_t begin, int64_t end) {
    for (int64_t first = begin * kStrip; first < std::min(n, end * kStrip); first += kStrip) {
      const int64_t last = std::min(n, first + kStrip);
      for (int64_t j = 0; j < last; ++j)
        for (int64_t i = std::max(first, j); i < last; ++i)
          out[j * n + i] = out[i * n + j] = i == j ? T{0} : distance(x, i, x, j, out[i * n + j]);
    }
  });
}

template <class T>
void distances(View out, const ConstView& x, const ConstView& y) {
  const int64_t m = x.shape[0], depth = x.shape[1], n = y ? y.shape[0] : 0;
  if (depth == 0) {
    std::fill_n(out.as<T>(), out.numel(), T{0});
    return;
  }
  const memory::Scratch memory(static_cast<size_t>(m + n) * sizeof(T));
  T* squares = memory.as<T>();
  squares_of_rows(squares, x.as<T>(), m, depth);
  const Rows<T> left{x.as<T>(), squares, m, depth};
  if (!y) return within(out.as<T>(), left);
  squares_of_rows(squares + m, y.as<T>(), n, depth);
  between(out.as<T>(), left, Rows<T>{y.as<T>(), squares + m, n, depth});
}

}  // namespace

void CpuLinalg::squared_distances(View out, ConstView x, ConstView y) {
  if (out.dtype == DType::f64)
    distances<double>(out, x, y);
  else
    distances<float>(out, x, y);
}

}  // namespace infograd
