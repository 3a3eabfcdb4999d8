// Indexing, and what walks along one axis: arg_reduce, cumsum. Lines along the axis are independent, so they
// go to threads.
#include <cstring>

#include <infograd/backends/cpu/cpu_backend.h>
#include <infograd/backends/cpu/loops.h>
#include <infograd/backends/element.h>

namespace infograd {
namespace {

/// f(offsets) for the first element of every line along `axis`; `work` is the cost of a line in simple
/// elements.
template <int K, class F>
void for_each_line(const Shape& shape, const std::array<const Strides*, K>& strides, int axis, int64_t work,
                   F&& f) {
  Shape rest = shape;
  rest[axis] = 1;
  const auto loop = collapse<K>(rest, strides);
  parallel_runs(
      loop,
      [&](std::array<int64_t, K> offset, int64_t n) {
        for (int64_t i = 0; i < n; ++i) {
          f(offset);
          for (int k = 0; k < K; ++k) offset[static_cast<size_t>(k)] += loop.inner_stride(k);
        }
      },
      std::max<int64_t>(1, kParallelGrain / std::max<int64_t>(1, work)));
}

template <class T>
int64_t best_along(const T* x, int64_t stride, int64_t n, bool largest) {
  int64_t best = 0;
  T held = x[0];
  if (held != held) return 0;  // the first NaN wins
  for (int64_t i = 1; i < n; ++i) {
    const T candidate = x[i * stride];
    if (largest ? candidate > held : candidate < held) {  // strict: the first of equals stays
      best = i;
      held = candidate;
    }
    if (candidate != candidate) return i;
  }
  return best;
}

template <class T>
void arg_reduce(bool largest, const View& out, const ConstView& x, int axis) {
  const int64_t n = x.shape[axis];
  for_each_line<2>(x.shape, {&out.strides, &x.strides}, axis, n, [&](const auto& at) {
    out.as<int64_t>()[at[0]] = best_along(x.as<T>() + at[1], x.strides[axis], n, largest);
  });
}

template <class T>
void cumsum(const View& out, const ConstView& x, int axis, bool exclusive, bool reverse) {
  using Sum = std::conditional_t<std::is_same_v<T, int64_t>, uint64_t, double>;  // unsigned: wraps around
  const int64_t n = x.shape[axis];
  const int64_t first = reverse ? n - 1 : 0, direction = reverse ? -1 : 1;
  const int64_t so = out.strides[axis] * direction, sx = x.strides[axis] * direction;
  for_each_line<2>(x.shape, {&out.strides, &x.strides}, axis, n, [&](const auto& at) {
    T* o = out.as<T>() + at[0] + first * out.strides[axis];
    const T* a = x.as<T>() + at[1] + first * x.strides[axis];
    Sum sum = 0;
    for (int64_t i = 0; i < n; ++i, o += so, a += sx) {
      const Sum before = sum;
      sum += static_cast<Sum>(*a);
      *o = static_cast<T>(exclusive ? before : sum);
    }
  });
}

/// The strides of an index [n] seen from every element: only `axis` moves it.
Strides along(const ConstView& index, int axis, int rank) {
  Strides strides(Dims::filled(rank, 0));
  strides[axis] = index.strides[0];
  return strides;
}

/// out[.., i, ..] = x[.., index, ..]
void take(const View& out, const ConstView& x, const ConstView& index, const Strides& index_strides,
          int axis) {
  Strides still = x.strides;
  still[axis] = 0;  // the index moves it
  const int64_t step = x.strides[axis];
  const auto loop = collapse<3>(out.shape, {&out.strides, &still, &index_strides});
  const int64_t so = loop.inner_stride(0), sx = loop.inner_stride(1), si = loop.inner_stride(2);
  visit_width(out.dtype, [&](auto zero) {
    using T = decltype(zero);
    parallel_runs(
        loop,
        [&](const auto& at, int64_t n) {
          T* const o = out.as<T>() + at[0];
          const T* const a = x.as<T>() + at[1];
          const int64_t* const i = index.as<int64_t>() + at[2];
          if (si == 0 && so == 1 && sx == 1) {  // a row
            std::memcpy(o, a + *i * step, static_cast<size_t>(n) * sizeof(T));
          } else {
            for (int64_t k = 0; k < n; ++k) o[k * so] = a[k * sx + i[k * si] * step];
          }
        },
        kParallelGrain / 2);
  });
}

/// out[.., index, ..] += src[.., i, ..]; along the axis in order, other axes by threads.
template <class T>
void put(const View& out, const ConstView& index, const ConstView& src, const Strides& index_strides,
         int axis) {
  const int64_t n = src.shape[axis], step_out = out.strides[axis], step_src = src.strides[axis],
                step_index = index_strides[axis];
  Shape rest = src.shape;
  rest[axis] = 1;
  const auto loop = collapse<3>(rest, {&out.strides, &src.strides, &index_strides});
  const int64_t so = loop.inner_stride(0), ss = loop.inner_stride(1), si = loop.inner_stride(2);
  const int64_t grain = std::max<int64_t>(1, kParallelGrain / std::max<int64_t>(1, n));
  parallel_runs(
      loop,
      [&](const auto& at, int64_t width) {
        for (int64_t i = 0; i < n; ++i) {
          T* const o = out.as<T>() + at[0];
          const T* const a = src.as<T>() + at[1] + i * step_src;
          const int64_t* const target = index.as<int64_t>() + at[2] + i * step_index;
          if (si == 0) {  // a row goes to one place
            T* const row = o + *target * step_out;
            for (int64_t k = 0; k < width; ++k) row[k * so] += a[k * ss];
          } else {
            for (int64_t k = 0; k < width; ++k) o[k * so + target[k * si] * step_out] += a[k * ss];
          }
        }
      },
      grain);
}

}  // namespace

void CpuBackend::arg_reduce(ArgReduceOp op, View out, ConstView x, int axis) {
  const bool largest = op == ArgReduceOp::argmax;
  if (x.numel() > 0 && x.dtype == DType::f32) return ::infograd::arg_reduce<float>(largest, out, x, axis);
  if (x.numel() > 0 && x.dtype == DType::f64) return ::infograd::arg_reduce<double>(largest, out, x, axis);
  if (x.numel() > 0 && x.dtype == DType::i64) return ::infograd::arg_reduce<int64_t>(largest, out, x, axis);
  ReferenceBackend::arg_reduce(op, out, x, axis);
}

void CpuBackend::cumsum(View out, ConstView x, int axis, bool exclusive, bool reverse) {
  if (out.dtype == x.dtype && x.numel() > 0) {
    if (x.dtype == DType::f32) return ::infograd::cumsum<float>(out, x, axis, exclusive, reverse);
    if (x.dtype == DType::f64) return ::infograd::cumsum<double>(out, x, axis, exclusive, reverse);
    if (x.dtype == DType::i64) return ::infograd::cumsum<int64_t>(out, x, axis, exclusive, reverse);
  }
  ReferenceBackend::cumsum(out, x, axis, exclusive, reverse);
}

void CpuBackend::topk(View values, View indices, ConstView x, int axis, bool largest) {
  ReferenceBackend::topk(values, indices, x, axis, largest);
}

void CpuBackend::gather(View out, ConstView x, ConstView index, int axis) {
  take(out, x, index, index.strides, axis);
}

void CpuBackend::index_select(View out, ConstView x, ConstView index, int axis) {
  take(out, x, index, along(index, axis, out.rank()), axis);
}

void CpuBackend::scatter_add(View out, ConstView index, ConstView src, int axis) {
  if (src.numel() == 0) return;
  if (src.dtype == DType::f32) return put<float>(out, index, src, index.strides, axis);
  if (src.dtype == DType::f64) return put<double>(out, index, src, index.strides, axis);
  ReferenceBackend::scatter_add(out, index, src, axis);
}

void CpuBackend::index_add(View out, ConstView index, ConstView src, int axis) {
  if (src.numel() == 0) return;
  if (src.dtype == DType::f32) return put<float>(out, index, src, along(index, axis, src.rank()), axis);
  if (src.dtype == DType::f64) return put<double>(out, index, src, along(index, axis, src.rank()), axis);
  ReferenceBackend::index_add(out, index, src, axis);
}

}  // namespace infograd
