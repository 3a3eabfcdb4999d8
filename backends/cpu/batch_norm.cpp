// Batch norm over rows [positions, channels] (channels-last images and plain [B, C]). Statistics are
// collected per chunk of rows and merged in order, so results do not depend on the thread count. Other
// layouts are copied.
#include <infograd/backends/cpu/cpu_backend.h>
#include <infograd/backends/cpu/dense.h>
#include <infograd/backends/cpu/highway.h>
#include <infograd/core/parallel.h>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "infograd/backends/cpu/batch_norm.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace infograd::HWY_NAMESPACE {
namespace {

// Rows per chunk: its values stay in the second-level cache between two passes over them.
int64_t chunk_rows(int64_t channels) {
  return std::max<int64_t>(kParallelGrain / 2 / channels, 1);
}

// sums[0][c], sums[1][c] of every chunk, by several threads, then added up in order of the chunks.
template <class T, class F>
void reduce_chunks(int64_t rows, int64_t channels, double* totals, F&& collect) {
  const int64_t step = chunk_rows(channels), chunks = (rows + step - 1) / step, width = 2 * channels;
  const memory::Scratch memory(static_cast<size_t>(chunks * width) * sizeof(T));
  T* partial = memory.as<T>();
  parallel_for(rows, step, [&](int64_t begin, int64_t end) HWY_ATTR {
    for (int64_t row = begin; row < end; row += step)
      collect(row, std::min(row + step, end), partial + row / step * width);
  });
  std::fill_n(totals, width, 0.0);
  for (int64_t chunk = 0; chunk < chunks; ++chunk)
    for (int64_t c = 0; c < width; ++c) totals[c] += static_cast<double>(partial[chunk * width + c]);
}

// Mean and sum of squared deviations of every channel: chunk by chunk around the chunk's own mean, which
// loses nothing, then merged in order (Chan, Golub and LeVeque 1983).
template <class T>
void statistics(const T* x, int64_t rows, int64_t channels, double* mean, double* squares) {
  const int64_t step = chunk_rows(channels), chunks = (rows + step - 1) / step, width = 2 * channels;
  const memory::Scratch memory(static_cast<size_t>(chunks * width) * sizeof(T));
  T* partial = memory.as<T>();
  parallel_for(rows, step, [&](int64_t first, int64_t last) HWY_ATTR {
    for (int64_t begin = first; begin < last; begin += step) {
      const int64_t end = std::min(begin + step, last);
      T* m = partial + begin / step * width;
      T* s = m + channels;
      std::fill_n(m, width, T{0});
      for (int64_t row = begin; row < end; ++row)
        for (int64_t c = 0; c < channels; ++c) m[c] += x[row * channels + c];
      for (int64_t c = 0; c < channels; ++c) m[c] /= static_cast<T>(end - begin);
      for (int64_t row = begin; row < end; ++row)
        for (int64_t c = 0; c < channels; ++c) {
          const T d = x[row * channels + c] - m[c];
          s[c] += d * d;
        }
    }
  });
  std::fill_n(mean, channels, 0.0);
  std::fill_n(squares, channels, 0.0);
  for (int64_t chunk = 0; chunk < chunks; ++chunk) {
    const auto before = static_cast<double>(chunk * step);
    const auto n = static_cast<double>(std::min(step, rows - chunk * step));
    for (int64_t c = 0; c < channels; ++c) {
      const double delta = static_cast<double>(partial[chunk * width + c]) - mean[c];
      mean[c] += delta * (n / (before + n));
      squares[c] += static_cast<double>(partial[chunk * width + channels + c]) +
                    delta * delta * (before * n / (before + n));
    }
  }
}

// One parameter or statistic of a channel, or `missing`.
template <class T>
double at(const ConstView& v, int64_t c, double missing) {
  return v ? static_cast<double>(v.as<T>()[c * v.strides[0]]) : missing;
}
template <class T>
void set_at(const View& v, int64_t c, double value) {
  if (v) v.as<T>()[c * v.strides[0]] = static_cast<T>(value);
}

template <class T>
void forward(const BatchNormArgs& args) {
  const int64_t channels = args.x.shape[1], rows = args.x.numel() / channels;
  const auto n = static_cast<double>(rows);
  const memory::Scratch memory(static_cast<size_t>(channels) * (2 * sizeof(double) + 3 * sizeof(T)));
  double *mean = memory.as<double>(), *squares = mean + channels;
  T *center = reinterpret_cast<T*>(squares + channels), *scale = center + channels, *shift = scale + channels;
  if (args.training) statistics(args.x.as<T>(), rows, channels, mean, squares);
  for (int64_t c = 0; c < channels; ++c) {
    double var = 0;
    if (args.training) {
      var = squares[c] / n;
      const double unbiased = squares[c] / std::max(n - 1, 1.0);
      const double old_mean = at<T>(args.running_mean, c, 0), old_var = at<T>(args.running_var, c, 0);
      set_at<T>(args.running_mean, c, old_mean + args.momentum * (mean[c] - old_mean));
      set_at<T>(args.running_var, c, old_var + args.momentum * (unbiased - old_var));
    } else {
      mean[c] = at<T>(args.running_mean, c, 0);
      var = at<T>(args.running_var, c, 1);
    }
    const double rstd = 1 / std::sqrt(var + args.eps);
    set_at<T>(args.save_mean, c, mean[c]);
    set_at<T>(args.save_rstd, c, rstd);
    center[c] = static_cast<T>(mean[c]);
    scale[c] = static_cast<T>(rstd * at<T>(args.weight, c, 1));
    shift[c] = static_cast<T>(at<T>(args.bias, c, 0));
  }
  const T* x = args.x.as<T>();
  T* y = args.y.as<T>();
  const bool relu = args.activation == Activation::relu;
  parallel_for(rows, chunk_rows(channels), [&](int64_t begin, int64_t end) HWY_ATTR {
    for (int64_t row = begin; row < end; ++row) {
      const T* in = x + row * channels;
      T* out = y + row * channels;
      if (relu) {
        for (int64_t c = 0; c < channels; ++c) {
          const T value = (in[c] - center[c]) * scale[c] + shift[c];
          out[c] = value < 0 ? T{0} : value;
        }
      } else {
        for (int64_t c = 0; c < channels; ++c) out[c] = (in[c] - center[c]) * scale[c] + shift[c];
      }
    }
  });
}

// dx = scale * (dy - sum / n - normalised x * projection / n), the last two only when the statistics were of
// this batch.
template <class T, bool kRelu>
void backward(const BatchNormGradArgs& args) {
  const int64_t channels = args.x.shape[1], rows = args.x.numel() / channels;
  const memory::Scratch memory(static_cast<size_t>(channels) * (2 * sizeof(double) + 5 * sizeof(T)));
  double *sum = memory.as<double>(), *projection = sum + channels;
  T *mean = reinterpret_cast<T*>(projection + channels), *rstd = mean + channels, *scale = rstd + channels,
    *mean_grad = scale + channels, *slope = mean_grad + channels;
  for (int64_t c = 0; c < channels; ++c) {
    mean[c] = static_cast<T>(at<T>(args.save_mean, c, 0));
    rstd[c] = static_cast<T>(at<T>(args.save_rstd, c, 1));
    scale[c] = static_cast<T>(static_cast<double>(rstd[c]) * at<T>(args.weight, c, 1));
  }
  const T *dy = args.dy.as<T>(), *x = args.x.as<T>(), *y = args.y.as<T>();
  const auto grad = [](const T* g, const T* value, int64_t i)
                        HWY_ATTR { return kRelu && !(value[i] > 0) ? T{0} : g[i]; };

  reduce_chunks<T>(rows, channels, sum, [&](int64_t begin, int64_t end, T* partial) HWY_ATTR {
    std::fill_n(partial, 2 * channels, T{0});
    T *s = partial, *p = partial + channels;
    for (int64_t i = begin * channels; i < end * channels; i += channels)
      for (int64_t c = 0; c < channels; ++c) {
        const T g = grad(dy, y, i + c);
        s[c] += g;
        p[c] += g * (x[i + c] - mean[c]);
      }
  });
  const auto n = static_cast<double>(rows);
  for (int64_t c = 0; c < channels; ++c) {
    projection[c] *= static_cast<double>(rstd[c]);
    set_at<T>(args.dweight, c, projection[c]);
    set_at<T>(args.dbias, c, sum[c]);
    mean_grad[c] = static_cast<T>(args.training ? sum[c] / n : 0);
    slope[c] = static_cast<T>(args.training ? projection[c] / n * static_cast<double>(rstd[c]) : 0);
  }
  if (!args.dx) return;
  T* dx = args.dx.as<T>();
  parallel_for(rows, chunk_rows(channels), [&](int64_t begin, int64_t end) HWY_ATTR {
    for (int64_t i = begin * channels; i < end * channels; i += channels)
      for (int64_t c = 0; c < channels; ++c)
        dx[i + c] = scale[c] * (grad(dy, y, i + c) - mean_grad[c] - (x[i + c] - mean[c]) * slope[c]);
  });
}

void batch_norm(const BatchNormArgs& args) {
  return args.x.dtype == DType::f64 ? forward<double>(args) : forward<float>(args);
}
void batch_norm_grad(const BatchNormGradArgs& args) {
  const bool relu = args.activation == Activation::relu;
  if (args.x.dtype == DType::f64) return relu ? backward<double, true>(args) : backward<double, false>(args);
  return relu ? backward<float, true>(args) : backward<float, false>(args);
}

}  // namespace
}  // namespace infograd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace infograd {

HWY_EXPORT(batch_norm);
HWY_EXPORT(batch_norm_grad);

namespace {

bool served(const ConstView& x) {
  return (x.dtype == DType::f32 || x.dtype == DType::f64) && x.numel() > 0;
}

void make_rows(Backend& backend, ConstView& v, DenseCopy& memory) {
  if (v && !is_channels_last(v)) v = memory.of(backend, v, v.dtype, channels_last(v.shape));
}

}  // namespace

void CpuBackend::batch_norm(const BatchNormArgs& given) {
  const bool fused = given.activation == Activation::none || given.activation == Activation::relu;
  if (!served(given.x) || !fused) return ReferenceBackend::batch_norm(given);
  BatchNormArgs args = given;
  DenseCopy x, y;
  make_rows(*this, args.x, x);
  if (!is_channels_last(args.y)) args.y = y.room(args.y.shape, channels_last(args.y.shape), args.y.dtype);
  HWY_DYNAMIC_DISPATCH(batch_norm)(args);
  if (args.y.data != given.y.data) copy(given.y, args.y);
}

void CpuBackend::batch_norm_grad(const BatchNormGradArgs& given) {
  const bool fused = given.activation == Activation::none || given.activation == Activation::relu;
  if (!served(given.x) || !fused) return ReferenceBackend::batch_norm_grad(given);
  BatchNormGradArgs args = given;
  DenseCopy dy, x, y, dx;
  make_rows(*this, args.dy, dy);
  make_rows(*this, args.x, x);
  if (args.activation == Activation::relu) make_rows(*this, args.y, y);
  if (args.dx && !is_channels_last(args.dx))
    args.dx = dx.room(args.dx.shape, channels_last(args.dx.shape), args.dx.dtype);
  HWY_DYNAMIC_DISPATCH(batch_norm_grad)(args);
  if (args.dx && args.dx.data != given.dx.data) copy(given.dx, args.dx);
}

}  // namespace infograd
#endif
