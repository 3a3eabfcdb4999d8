#include <vector>

#include <infograd/backends/cpu/cpu_backend.h>
#include <infograd/backends/cpu/highway.h>
#include <infograd/backends/cpu/loops.h>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "infograd/backends/cpu/softmax.cpp"
#include <hwy/foreach_target.h>

#include <infograd/backends/cpu/reduce-inl.h>

HWY_BEFORE_NAMESPACE();
namespace infograd::HWY_NAMESPACE {
namespace {

template <class T>
struct ExpMinus {  // e^(x - c)
  T c;
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    return exp(d, hn::Sub(x, set(d, c)));
  }
};
template <class T>
struct MinusEach {  // (x - a) - b: rounding a + b first would cost the digits of large logits
  T a, b;
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    return hn::Sub(hn::Sub(x, set(d, a)), set(d, b));
  }
};
template <class T>
struct Scale {
  T c;
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    return hn::Mul(x, set(d, c));
  }
};

/// Rows of n contiguous values.
template <class T>
HWY_INLINE void softmax_rows(T* out, const T* x, int64_t rows, int64_t n, bool log) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  for (int64_t r = 0; r < rows; ++r, x += n, out += n) {
    const double largest = segment<Largest>(x, n, T{0});
    if (largest == -kInfinity) {  // all masked
      std::fill_n(out, n, log ? static_cast<T>(-kInfinity) : T{0});
      continue;
    }
    const T m = static_cast<T>(largest);
    if (log) {
      const double sum = segment<SumOfExp>(x, n, m);
      map(out, n, MinusEach<T>{m, static_cast<T>(std::log(sum))}, x);
    } else {
      map(out, n, ExpMinus<T>{m}, x);
      map(out, n, Scale<T>{static_cast<T>(1 / segment<SumOf>(out, n, T{0}))}, out);
    }
  }
}

/// sum of a_i b_i; f32 over short stretches, which combine in double.
template <class T>
HWY_INLINE double dot(const T* a, const T* b, int64_t n) {
  const hn::ScalableTag<T> d;
  const int64_t stretch = 64 * lanes(d);
  double total = 0;
  for (int64_t begin = 0; begin < n; begin += stretch) {
    const int64_t end = std::min(n, begin + stretch);
    auto s = hn::Zero(d), s1 = hn::Zero(d);
    int64_t i = begin;
    for (; i + 2 * lanes(d) <= end; i += 2 * lanes(d)) {
      s = hn::MulAdd(hn::LoadU(d, a + i), hn::LoadU(d, b + i), s);
      s1 = hn::MulAdd(hn::LoadU(d, a + i + lanes(d)), hn::LoadU(d, b + i + lanes(d)), s1);
    }
    for (; i < end; i += lanes(d)) {
      const int64_t m = std::min(lanes(d), end - i);
      s = hn::MulAdd(load_tail(d, a + i, m), load_tail(d, b + i, m), s);
    }
    total += static_cast<double>(hn::GetLane(hn::SumOfLanes(d, hn::Add(s, s1))));
  }
  return total;
}

template <class T>
struct SoftmaxGrad {  // y (dy - sum)
  T sum;
  template <class D, class V>
  HWY_INLINE V operator()(D d, V dy, V y) const {
    return hn::Mul(y, hn::Sub(dy, set(d, sum)));
  }
};
template <class T>
struct LogSoftmaxGrad {  // dy - e^y sum
  T sum;
  template <class D, class V>
  HWY_INLINE V operator()(D d, V dy, V y) const {
    return hn::NegMulAdd(exp(d, y), set(d, sum), dy);
  }
};
template <class T>
HWY_INLINE void softmax_grad_rows(T* dx, const T* dy, const T* y, int64_t rows, int64_t n, bool log) {
  for (int64_t r = 0; r < rows; ++r, dx += n, dy += n, y += n) {
    if (!log) {
      map(dx, n, SoftmaxGrad<T>{static_cast<T>(dot(dy, y, n))}, dy, y);
    } else if (segment<Largest>(y, n, T{0}) == -std::numeric_limits<double>::infinity()) {  // all masked
      std::fill_n(dx, n, T{0});
    } else {
      map(dx, n, LogSoftmaxGrad<T>{static_cast<T>(segment<SumOf>(dy, n, T{0}))}, dy, y);
    }
  }
}

void softmax_f32(float* out, const float* x, int64_t rows, int64_t n, bool log) {
  softmax_rows(out, x, rows, n, log);
}
void softmax_f64(double* out, const double* x, int64_t rows, int64_t n, bool log) {
  softmax_rows(out, x, rows, n, log);
}
void softmax_grad_f32(float* dx, const float* dy, const float* y, int64_t rows, int64_t n, bool log) {
  softmax_grad_rows(dx, dy, y, rows, n, log);
}
void softmax_grad_f64(double* dx, const double* dy, const double* y, int64_t rows, int64_t n, bool log) {
  softmax_grad_rows(dx, dy, y, rows, n, log);
}

}  // namespace
}  // namespace infograd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace infograd {
namespace {

HWY_EXPORT(softmax_f32);
HWY_EXPORT(softmax_f64);
HWY_EXPORT(softmax_grad_f32);
HWY_EXPORT(softmax_grad_f64);

/// Lines along `axis` of K views of one shape: f(offsets of the line's first element).
template <int K, class F>
void for_each_line(const Shape& shape, std::array<Strides, K> strides, int axis, F&& f) {
  Shape rest = shape;
  rest[axis] = 1;
  std::array<const Strides*, K> pointers{};
  for (size_t k = 0; k < K; ++k) pointers[k] = &strides[k];
  const auto loop = collapse<K>(rest, pointers);
  const int64_t grain = std::max<int64_t>(1, kParallelGrain / 4 / shape[axis]);
  parallel_runs(
      loop,
      [&](std::array<int64_t, K> offset, int64_t n) {
        for (int64_t i = 0; i < n; ++i) {
          f(offset);
          for (int k = 0; k < K; ++k) offset[static_cast<size_t>(k)] += loop.inner_stride(k);
        }
      },
      grain);
}

/// Rows when the axis is the contiguous last one of every view; else line by line through a buffer.
template <class T>
void run(const View& out, const ConstView& x, int axis, bool log) {
  const int64_t n = x.shape[axis];
  const auto kernel = [&](T* o, const T* a, int64_t rows) {
    if constexpr (sizeof(T) == 4)
      HWY_DYNAMIC_DISPATCH(softmax_f32)(o, a, rows, n, log);
    else
      HWY_DYNAMIC_DISPATCH(softmax_f64)(o, a, rows, n, log);
  };
  if (axis == x.rank() - 1 && row_major(out.shape, out.strides) && row_major(x.shape, x.strides)) {
    parallel_for(x.numel() / n, std::max<int64_t>(1, kParallelGrain / 4 / n),
                 [&](int64_t begin, int64_t end) {
                   kernel(out.as<T>() + begin * n, x.as<T>() + begin * n, end - begin);
                 });
    return;
  }
  for_each_line<2>(x.shape, {out.strides, x.strides}, axis, [&](const auto& at) {
    thread_local std::vector<T> line;
    line.resize(static_cast<size_t>(n));
    load_block(line.data(), x.as<T>() + at[1], x.strides[axis], n);
    kernel(line.data(), line.data(), 1);
    store_block(out.as<T>() + at[0], out.strides[axis], line.data(), n);
  });
}

template <class T>
void run_grad(const View& dx, const ConstView& dy, const ConstView& y, int axis, bool log) {
  const int64_t n = y.shape[axis];
  const auto kernel = [&](T* o, const T* g, const T* a, int64_t rows) {
    if constexpr (sizeof(T) == 4)
      HWY_DYNAMIC_DISPATCH(softmax_grad_f32)(o, g, a, rows, n, log);
    else
      HWY_DYNAMIC_DISPATCH(softmax_grad_f64)(o, g, a, rows, n, log);
  };
  if (axis == y.rank() - 1 && row_major(dx.shape, dx.strides) && row_major(dy.shape, dy.strides) &&
      row_major(y.shape, y.strides)) {
    parallel_for(y.numel() / n, std::max<int64_t>(1, kParallelGrain / 4 / n),
                 [&](int64_t begin, int64_t end) {
                   kernel(dx.as<T>() + begin * n, dy.as<T>() + begin * n, y.as<T>() + begin * n, end - begin);
                 });
    return;
  }
  for_each_line<3>(y.shape, {dx.strides, dy.strides, y.strides}, axis, [&](const auto& at) {
    thread_local std::vector<T> line;
    line.resize(static_cast<size_t>(2 * n));
    T *const g = line.data(), *const a = g + n;
    load_block(g, dy.as<T>() + at[1], dy.strides[axis], n);
    load_block(a, y.as<T>() + at[2], y.strides[axis], n);
    kernel(g, g, a, 1);
    store_block(dx.as<T>() + at[0], dx.strides[axis], g, n);
  });
}

}  // namespace

void CpuBackend::softmax(View out, ConstView x, int axis, bool log) {
  if (x.numel() == 0) return;
  if (x.dtype == DType::f32) return run<float>(out, x, axis, log);
  if (x.dtype == DType::f64) return run<double>(out, x, axis, log);
  ReferenceBackend::softmax(out, x, axis, log);
}

void CpuBackend::softmax_grad(View dx, ConstView dy, ConstView y, int axis, bool log) {
  if (y.numel() == 0) return;
  if (y.dtype == DType::f32) return run_grad<float>(dx, dy, y, axis, log);
  if (y.dtype == DType::f64) return run_grad<double>(dx, dy, y, axis, log);
  ReferenceBackend::softmax_grad(dx, dy, y, axis, log);
}

}  // namespace infograd
#endif  // HWY_ONCE
