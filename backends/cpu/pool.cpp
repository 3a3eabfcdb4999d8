// Pooling over channels-last images: every loop over channels is contiguous, and each image is one thread's.
// Results do not depend on the thread count.
#include <infograd/backends/cpu/cpu_backend.h>
#include <infograd/backends/cpu/dense.h>
#include <infograd/backends/cpu/highway.h>
#include <infograd/core/parallel.h>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "infograd/backends/cpu/pool.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace infograd::HWY_NAMESPACE {
namespace {

// Channels that share the bookkeeping of a window; their running maxima stay in the first-level cache.
constexpr int64_t kChannels = 64;

// Rows (axis 0) or columns (axis 1) of the image under window `i`, and its place in the padded image.
struct Range {
  int64_t start, begin, end, padded;

  Range(const PoolArgs& args, size_t axis, int64_t i) {
    const int64_t extent = args.x.shape[static_cast<int>(axis) + 2];
    start = i * args.stride[axis] - args.pad_begin[axis];
    const int64_t stop = start + args.kernel[axis];
    begin = std::max<int64_t>(start, 0);
    end = std::min(stop, extent);
    padded = std::min(stop, extent + args.pad_end[axis]) - start;
  }
};

// Calls f(image of x, place in y, rows, columns) for every window of images [begin, end), then of channels.
template <class F>
void for_each_window(const PoolArgs& args, int64_t begin, int64_t end, F&& f) {
  const Shape &x = args.x.shape, &y = args.y.shape;
  for (int64_t b = begin; b < end; ++b)
    for (int64_t i = 0; i < y[2]; ++i)
      for (int64_t j = 0; j < y[3]; ++j)
        f(b * x[2] * x[3], (b * y[2] + i) * y[3] + j, Range(args, 0, i), Range(args, 1, j));
}

// T and the lane type of its cell numbers have one width, so that the selection is a vector operation.
template <class T, class Lane, class Index>
void max_forward(const PoolArgs& args, int64_t first, int64_t last) {
  const int64_t channels = args.x.shape[1], width = args.x.shape[3];
  const T* x = args.x.as<T>();
  Index* index = args.index.as<Index>();
  for_each_window(
      args, first, last, [&](int64_t image, int64_t out, const Range& rows, const Range& columns) HWY_ATTR {
        for (int64_t c0 = 0; c0 < channels; c0 += kChannels) {
          const int64_t n = std::min(kChannels, channels - c0);
          T best[kChannels];
          Lane at[kChannels];
          std::fill_n(best, n, -std::numeric_limits<T>::infinity());
          std::fill_n(at, n, Lane{0});
          bool first_cell = true;
          for (int64_t h = rows.begin; h < rows.end; ++h)
            for (int64_t v = columns.begin; v < columns.end; ++v) {
              const T* value = x + (image + h * width + v) * channels + c0;
              const auto cell = static_cast<Lane>((h - rows.start) * args.kernel[1] + v - columns.start);
              if (first_cell) {
                std::copy_n(value, n, best);
                std::fill_n(at, n, cell);
                first_cell = false;
                continue;
              }
              for (int64_t c = 0; c < n; ++c) {  // the first of equals stays, the first NaN wins
                const bool better = !(value[c] <= best[c]) & (best[c] == best[c]);
                best[c] = better ? value[c] : best[c];
                at[c] = better ? cell : at[c];
              }
            }
          T* y = args.y.as<T>() + out * channels + c0;
          for (int64_t c = 0; c < n; ++c) y[c] = best[c];
          if (index != nullptr)
            for (int64_t c = 0; c < n; ++c) index[out * channels + c0 + c] = static_cast<Index>(at[c]);
        }
      });
}

template <class T, class Lane, class Index>
void max_backward(const PoolArgs& args, int64_t first, int64_t last) {
  const int64_t channels = args.x.shape[1], width = args.x.shape[3];
  T* dx = args.x.as<T>();
  for_each_window(
      args, first, last, [&](int64_t image, int64_t out, const Range& rows, const Range& columns) HWY_ATTR {
        for (int64_t c0 = 0; c0 < channels; c0 += kChannels) {
          const int64_t n = std::min(kChannels, channels - c0);
          const T* dy = args.y.as<T>() + out * channels + c0;
          const Index* index = args.index.as<Index>() + out * channels + c0;
          Lane at[kChannels];
          for (int64_t c = 0; c < n; ++c) at[c] = static_cast<Lane>(index[c]);
          for (int64_t h = rows.begin; h < rows.end; ++h)
            for (int64_t v = columns.begin; v < columns.end; ++v) {
              T* sum = dx + (image + h * width + v) * channels + c0;
              const auto cell = static_cast<Lane>((h - rows.start) * args.kernel[1] + v - columns.start);
              for (int64_t c = 0; c < n; ++c) sum[c] += at[c] == cell ? dy[c] : T{0};
            }
        }
      });
}

template <class T>
void average(const PoolArgs& args, int64_t first, int64_t last) {
  const int64_t channels = args.x.shape[1], width = args.x.shape[3];
  for_each_window(
      args, first, last, [&](int64_t image, int64_t out, const Range& rows, const Range& columns) HWY_ATTR {
        const int64_t seen =
            std::max<int64_t>(rows.end - rows.begin, 0) * std::max<int64_t>(columns.end - columns.begin, 0);
        const int64_t cells = args.kind == PoolKind::avg_include_pad ? rows.padded * columns.padded : seen;
        const auto divisor = static_cast<T>(std::max<int64_t>(cells, 1));
        T* y = args.y.as<T>() + out * channels;
        if (!args.backward)
          for (int64_t c = 0; c < channels; ++c) y[c] = 0;
        for (int64_t h = rows.begin; h < rows.end; ++h)
          for (int64_t v = columns.begin; v < columns.end; ++v) {
            T* x = args.x.as<T>() + (image + h * width + v) * channels;
            if (args.backward) {
              for (int64_t c = 0; c < channels; ++c) x[c] += y[c] / divisor;
            } else {
              for (int64_t c = 0; c < channels; ++c) y[c] += x[c];
            }
          }
        if (!args.backward)
          for (int64_t c = 0; c < channels; ++c) y[c] /= divisor;
      });
}

// Averages at every place of an image: whole rows of windows at a time, so that one channel is enough for
// vectors. Every sum is in the order of `average`.
bool at_every_place(const PoolArgs& args) {
  return args.stride == std::array{1, 1} && args.pad_begin == std::array{0, 0} &&
         args.pad_end == std::array{0, 0};
}

template <class T>
void average_rows(const PoolArgs& args, int64_t first, int64_t last) {
  const int64_t channels = args.x.shape[1], height = args.y.shape[2], row = args.y.shape[3] * channels;
  const int64_t x_row = args.x.shape[3] * channels;
  const auto divisor = static_cast<T>(int64_t{args.kernel[0]} * args.kernel[1]);
  std::vector<T> shares(static_cast<size_t>(args.backward ? row : 0));
  for (int64_t i = first * height; i < last * height; ++i) {
    T* y = args.y.as<T>() + i * row;
    T* x = args.x.as<T>() + (i / height * args.x.shape[2] + i % height) * x_row;
    if (args.backward) {
      for (int64_t c = 0; c < row; ++c) shares[static_cast<size_t>(c)] = y[c] / divisor;
      const T* share = shares.data();
      for (int h = 0; h < args.kernel[0]; ++h)
        for (int v = args.kernel[1] - 1; v >= 0; --v) {  // the window furthest left first
          T* dx = x + h * x_row + v * channels;
          for (int64_t c = 0; c < row; ++c) dx[c] += share[c];
        }
      continue;
    }
    std::fill_n(y, row, T{0});
    for (int h = 0; h < args.kernel[0]; ++h)
      for (int v = 0; v < args.kernel[1]; ++v) {
        const T* from = x + h * x_row + v * channels;
        for (int64_t c = 0; c < row; ++c) y[c] += from[c];
      }
    for (int64_t c = 0; c < row; ++c) y[c] /= divisor;
  }
}

template <class T, class Lane>
void pool_images(const PoolArgs& args, int64_t first, int64_t last) {
  if (args.backward) {
    const int64_t image = args.x.shape[1] * args.x.shape[2] * args.x.shape[3];
    std::fill_n(args.x.as<T>() + first * image, (last - first) * image, T{0});
  }
  if (args.kind != PoolKind::max)
    return at_every_place(args) ? average_rows<T>(args, first, last) : average<T>(args, first, last);
  const bool wide = args.index && args.index.dtype == DType::i64;
  if (args.backward) {
    return wide ? max_backward<T, Lane, int64_t>(args, first, last)
                : max_backward<T, Lane, uint8_t>(args, first, last);
  }
  return wide ? max_forward<T, Lane, int64_t>(args, first, last)
              : max_forward<T, Lane, uint8_t>(args, first, last);
}

void pool(const PoolArgs& args) {
  const int64_t per_image = args.x.shape[1] * args.x.shape[2] * args.x.shape[3];
  // One image at a time: its gradient is cleared just before it is added to.
  parallel_for(args.x.shape[0], kParallelGrain / 2 / std::max<int64_t>(per_image, 1) + 1,
               [&](int64_t begin, int64_t end) HWY_ATTR {
                 for (int64_t b = begin; b < end; ++b) {
                   if (args.x.dtype == DType::f64) {
                     pool_images<double, int64_t>(args, b, b + 1);
                   } else {
                     pool_images<float, int32_t>(args, b, b + 1);
                   }
                 }
               });
}

}  // namespace
}  // namespace infograd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace infograd {

HWY_EXPORT(pool);

void CpuBackend::pool(const PoolArgs& given) {
  const DType dtype = given.x.dtype;
  if (dtype != DType::f32 && dtype != DType::f64) return ReferenceBackend::pool(given);
  if (given.x.numel() == 0 || given.y.numel() == 0) return ReferenceBackend::pool(given);
  PoolArgs args = given;
  DenseCopy x, y, index;
  const auto read = [&](View& v, DenseCopy& memory) {
    if (!v || is_channels_last(v)) return;
    const ConstView copied = memory.of(*this, v, v.dtype, channels_last(v.shape));
    v = View(const_cast<void*>(copied.data), v.dtype, copied.shape, copied.strides);
  };
  const auto write = [&](View& v, DenseCopy& memory) {
    if (v && !is_channels_last(v)) v = memory.room(v.shape, channels_last(v.shape), v.dtype);
  };
  const auto finish = [&](const View& result, const View& computed) {
    if (result.data != computed.data) copy(result, computed);
  };
  if (args.backward) {
    read(args.y, y), read(args.index, index), write(args.x, x);
    HWY_DYNAMIC_DISPATCH(pool)(args);
    finish(given.x, args.x);
  } else {
    read(args.x, x), write(args.y, y), write(args.index, index);
    HWY_DYNAMIC_DISPATCH(pool)(args);
    finish(given.y, args.y), finish(given.index, args.index);
  }
}

}  // namespace infograd
#endif
