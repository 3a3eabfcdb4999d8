#include <algorithm>
#include <cmath>

#include <infograd/backends/cpu/cpu_backend.h>
#include <infograd/core/parallel.h>

namespace infograd {
namespace {

/// In place of the offset of a corner outside the image. It is never read, not even with weight 0: what lies
/// at some other address might be NaN.
constexpr int64_t kOutside = -1;

/// Where one output pixel samples: the four corners as offsets into a plane, their weights, and d pixel / d
/// grid.
template <class T>
struct Sample {
  std::array<int64_t, 4> offset{kOutside, kOutside, kOutside, kOutside};
  std::array<T, 4> weight, by_x, by_y;
  T slope_x, slope_y;
};

template <class T>
T pixel(const T* plane, int64_t offset) {
  return offset == kOutside ? T{0} : plane[offset];
}

template <class T>
struct Position {
  T pixel, slope;
};

template <class T>
Position<T> to_pixels(T g, int64_t extent, const GridSampleArgs& args) {
  const T n = static_cast<T>(extent);
  if (args.pixel_grid) return {std::clamp(g, T{0}, n - 1), g >= 0 && g < n - 1 ? T{1} : T{0}};
  Position<T> p = args.align_corners ? Position<T>{(g + 1) / 2 * (n - 1), (n - 1) / 2}
                                     : Position<T>{((g + 1) * n - 1) / 2, n / 2};
  if (args.padding == PaddingMode::border && (p.pixel <= 0 || p.pixel >= n - 1))
    p = {std::clamp(p.pixel, T{0}, n - 1), 0};
  return p;
}

template <class T>
Sample<T> locate(const T* grid, int64_t component, const GridSampleArgs& args) {
  const int64_t height = args.x.shape[2], width = args.x.shape[3];
  const auto x = to_pixels(grid[0], width, args), y = to_pixels(grid[component], height, args);
  const T left = std::floor(x.pixel), top = std::floor(y.pixel), dx = x.pixel - left, dy = y.pixel - top;
  Sample<T> s{};
  s.slope_x = x.slope;
  s.slope_y = y.slope;
  // Compared as T: a huge or NaN position is outside and never becomes an index.
  if (!(left >= -1 && left < static_cast<T>(width) && top >= -1 && top < static_cast<T>(height))) return s;
  const auto column = static_cast<int64_t>(left), row = static_cast<int64_t>(top);
  for (int64_t down = 0; down < 2; ++down)
    for (int64_t right = 0; right < 2; ++right) {
      const int64_t r = row + down, c = column + right;
      if (r < 0 || r >= height || c < 0 || c >= width) continue;
      const auto k = static_cast<size_t>(2 * down + right);
      const T wx = right != 0 ? dx : 1 - dx, wy = down != 0 ? dy : 1 - dy;
      s.offset[k] = r * args.x.strides[2] + c * args.x.strides[3];
      s.weight[k] = wx * wy;
      s.by_x[k] = right != 0 ? wy : -wy;
      s.by_y[k] = down != 0 ? wx : -wx;
    }
  return s;
}

template <class T>
void sample(const GridSampleArgs& args) {
  const Shape& out = args.y.shape;
  const int64_t channels = out[1], rows = out[2], columns = out[3];
  const Strides &xs = args.x.strides, &gs = args.grid.strides, &ys = args.y.strides;
  const int64_t grain = std::max<int64_t>(1, kParallelGrain / 8 / std::max<int64_t>(1, columns * channels));
  parallel_for(out[0] * rows, grain, [&](int64_t begin, int64_t end) {
    for (int64_t line = begin; line < end; ++line) {
      const int64_t b = line / rows, i = line % rows;
      const T* const x = args.x.as<T>() + b * xs[0];
      const T* const grid = args.grid.as<T>() + b * gs[0] + i * gs[1];
      T* const y = args.y.as<T>() + b * ys[0] + i * ys[2];
      for (int64_t j = 0; j < columns; ++j) {
        const Sample<T> s = locate(grid + j * gs[2], gs[3], args);
        for (int64_t c = 0; c < channels; ++c) {
          const T* const plane = x + c * xs[1];
          const auto corner = [&](size_t k) { return s.weight[k] * pixel(plane, s.offset[k]); };
          y[c * ys[1] + j * ys[3]] = (corner(0) + corner(1)) + (corner(2) + corner(3));
        }
      }
    }
  });
}

/// Images are independent; inside one, dx is added to in a fixed order.
template <class T>
void sample_grad(const GridSampleArgs& args) {
  const Shape& out = args.dy.shape;
  const Strides &xs = args.x.strides, &gs = args.grid.strides, &dys = args.dy.strides, &dxs = args.dx.strides,
                &dgs = args.dgrid.strides;
  parallel_for(out[0], 1, [&](int64_t begin, int64_t end) {
    for (int64_t b = begin; b < end; ++b)
      for (int64_t i = 0; i < out[2]; ++i)
        for (int64_t j = 0; j < out[3]; ++j) {
          const Sample<T> s = locate(args.grid.as<T>() + b * gs[0] + i * gs[1] + j * gs[2], gs[3], args);
          T grad_x = 0, grad_y = 0;
          for (int64_t c = 0; c < out[1]; ++c) {
            const T g = args.dy.as<T>()[b * dys[0] + c * dys[1] + i * dys[2] + j * dys[3]];
            const T* const x = args.x.as<T>() + b * xs[0] + c * xs[1];
            for (size_t k = 0; k < 4; ++k) {
              if (s.offset[k] == kOutside) continue;
              if (args.dx) args.dx.as<T>()[b * dxs[0] + c * dxs[1] + s.offset[k]] += g * s.weight[k];
              grad_x += g * s.by_x[k] * x[s.offset[k]];
              grad_y += g * s.by_y[k] * x[s.offset[k]];
            }
          }
          if (args.dgrid) {
            T* const dgrid = args.dgrid.as<T>() + b * dgs[0] + i * dgs[1] + j * dgs[2];
            dgrid[0] = grad_x * s.slope_x;
            dgrid[dgs[3]] = grad_y * s.slope_y;
          }
        }
  });
}

/// Non-empty images of one supported type.
bool plain(const GridSampleArgs& args) {
  return (args.x.dtype == DType::f32 || args.x.dtype == DType::f64) && args.grid.dtype == args.x.dtype &&
         args.x.numel() > 0;
}

}  // namespace

void CpuBackend::grid_sample(const GridSampleArgs& args) {
  if (!plain(args)) return ReferenceBackend::grid_sample(args);
  if (args.x.dtype == DType::f32) return sample<float>(args);
  sample<double>(args);
}

void CpuBackend::grid_sample_grad(const GridSampleArgs& args) {
  // The corners are offsets into x: dx must be laid out like it.
  if (!plain(args) || (args.dx && !(args.dx.strides == args.x.strides)))
    return ReferenceBackend::grid_sample_grad(args);
  if (args.x.dtype == DType::f32) return sample_grad<float>(args);
  sample_grad<double>(args);
}

}  // namespace infograd
