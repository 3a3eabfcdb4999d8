// Private: what one thread of the bilinear sampling kernels does. The gradient of the image gathers: the
// samples are sorted by the cell that they fall into, and each pixel adds those of the four cells around it.
#pragma once

#include <algorithm>
#include <cmath>

#include <infograd/backends/args.h>
#include <infograd/backends/cuda/images.h>

namespace infograd::cuda {

/// Where a sample falls: between the pixels (top, left) and (top + 1, left + 1), `down` and `right` of the
/// first.
template <class C>
struct Sample {
  bool touches;   ///< at least one of the four pixels may be inside the image
  int top, left;  ///< -1 .. extent - 1
  C down, right;
  C slope_y, slope_x;  ///< d pixel / d grid

  INFOGRAD_HD C weight(int h, int w) const {
    return (h == top ? 1 - down : down) * (w == left ? 1 - right : right);
  }
};

template <class T>
struct Sampler {
  using C = typename Compute<T>::type;
  Images<const T> grid;  ///< [B, Ho, Wo, 2]
  int height, width;
  bool align_corners, border, pixel_grid;

  explicit Sampler(const GridSampleArgs& args)
      : grid(args.grid),
        height(static_cast<int>(args.x.shape[2])),
        width(static_cast<int>(args.x.shape[3])),
        align_corners(args.align_corners),
        border(args.padding == PaddingMode::border),
        pixel_grid(args.pixel_grid) {}

  INFOGRAD_HD Sample<C> at(int b, int i, int j) const {
    const Position x = to_pixels(convert<C>(grid(b, i, j, 0)), width);
    const Position y = to_pixels(convert<C>(grid(b, i, j, 1)), height);
    const C left = std::floor(x.pixel), top = std::floor(y.pixel);
    // Compared before it is converted: a huge or NaN position touches nothing.
    const bool touches =
        left >= -1 && left < static_cast<C>(width) && top >= -1 && top < static_cast<C>(height);
    return {touches,
            touches ? static_cast<int>(top) : 0,
            touches ? static_cast<int>(left) : 0,
            y.pixel - top,
            x.pixel - left,
            y.slope,
            x.slope};
  }
  INFOGRAD_HD bool inside(int h, int w) const { return h >= 0 && h < height && w >= 0 && w < width; }

  /// Cells are numbered by image and by the pixel to their lower right; one more for samples outside.
  INFOGRAD_HD int64_t cell(int64_t b, int64_t top, int64_t left) const {
    return (b * (height + 1) + top + 1) * (width + 1) + left + 1;
  }

 private:
  struct Position {
    C pixel, slope;
  };
  INFOGRAD_HD Position to_pixels(C g, int extent) const {
    const C n = static_cast<C>(extent);
    // The right derivative at whole pixels: the last one is already on the border.
    if (pixel_grid) return {std::clamp(g, C(0), n - 1), g >= 0 && g < n - 1 ? C(1) : C(0)};
    Position p =
        align_corners ? Position{(g + 1) / 2 * (n - 1), (n - 1) / 2} : Position{((g + 1) * n - 1) / 2, n / 2};
    if (border && (p.pixel <= 0 || p.pixel >= n - 1)) p = {std::clamp(p.pixel, C(0), n - 1), C(0)};
    return p;
  }
};

/// The number of a sample in row-major order of [B, Ho, Wo], and back.
struct SampleNumbers {
  Divider rows, columns;
  explicit SampleNumbers(const Shape& grid)
      : rows(static_cast<uint32_t>(grid[1])), columns(static_cast<uint32_t>(grid[2])) {}
  INFOGRAD_HD Pixel at(uint32_t i) const {
    Pixel p{};
    p.w = Pixels::take(i, columns);
    p.h = Pixels::take(i, rows);
    p.b = static_cast<int>(i);
    return p;
  }
};

template <class T>
struct GridSample {
  using C = typename Compute<T>::type;
  Sampler<T> sampler;
  Pixels pixels;  ///< of y
  Images<const T> x;
  Images<T> y;

  INFOGRAD_HD void run(uint32_t i) const {
    const Pixel p = pixels.at(i);
    const Sample<C> s = sampler.at(p.b, p.h, p.w);
    C sum = 0;
    for (int h = s.top; s.touches && h <= s.top + 1; ++h)
      for (int w = s.left; w <= s.left + 1; ++w)
        if (sampler.inside(h, w)) sum += s.weight(h, w) * convert<C>(x(p.b, p.c, h, w));
    y(p.b, p.c, p.h, p.w) = convert<T>(sum);
  }
};

/// One thread per sample.
template <class T>
struct GridGrad {
  using C = typename Compute<T>::type;
  Sampler<T> sampler;
  SampleNumbers numbers;
  int channels;
  Images<const T> x, dy;
  Images<T> dgrid;

  INFOGRAD_HD void run(uint32_t i) const {
    const Pixel p = numbers.at(i);
    const Sample<C> s = sampler.at(p.b, p.h, p.w);
    C by_x = 0, by_y = 0;
    for (int c = 0; s.touches && c < channels; ++c) {
      const C g = convert<C>(dy(p.b, c, p.h, p.w));
      for (int h = s.top; h <= s.top + 1; ++h)
        for (int w = s.left; w <= s.left + 1; ++w) {
          if (!sampler.inside(h, w)) continue;
          const C value = g * convert<C>(x(p.b, c, h, w));
          const C across = w == s.left ? 1 - s.right : s.right, along = h == s.top ? 1 - s.down : s.down;
          by_x += (w == s.left ? -along : along) * value;
          by_y += (h == s.top ? -across : across) * value;
        }
    }
    dgrid(p.b, p.h, p.w, 0) = convert<T>(by_x * s.slope_x);
    dgrid(p.b, p.h, p.w, 1) = convert<T>(by_y * s.slope_y);
  }
};

/// The cell of each sample, the keys of a sort.
template <class T>
struct SampleCells {
  Sampler<T> sampler;
  SampleNumbers numbers;
  int64_t outside;  ///< the number of cells
  int64_t* keys;

  INFOGRAD_HD void run(uint32_t i) const {
    const Pixel p = numbers.at(i);
    const auto s = sampler.at(p.b, p.h, p.w);
    keys[i] = s.touches ? sampler.cell(p.b, s.top, s.left) : outside;
  }
};

/// first[cell] = how many sorted keys are below it.
struct CellStarts {
  const int64_t* keys;
  int64_t count;
  int64_t* first;

  INFOGRAD_HD void run(uint32_t cell) const {
    int64_t low = 0, high = count;
    while (low < high) {
      const int64_t middle = (low + high) / 2;
      if (keys[middle] < static_cast<int64_t>(cell))
        low = middle + 1;
      else
        high = middle;
    }
    first[cell] = low;
  }
};

/// One thread per element of dx: the samples of the cells around it, row of cells after row, in the order of
/// their numbers.
template <class T>
struct ImageGrad {
  using C = typename Compute<T>::type;
  Sampler<T> sampler;
  SampleNumbers numbers;
  Pixels pixels;  ///< of dx
  const int64_t* order;
  const int64_t* first;
  Images<const T> dy;
  Images<T> dx;  ///< added into

  INFOGRAD_HD void run(uint32_t i) const {
    const Pixel p = pixels.at(i);
    double sum = 0;
    for (int top = p.h - 1; top <= p.h; ++top) {
      const int64_t cell = sampler.cell(p.b, top, p.w - 1), end = first[cell + 2];
      for (int64_t k = first[cell]; k < end; ++k) {
        const Pixel from = numbers.at(static_cast<uint32_t>(order[k]));
        const C weight = sampler.at(from.b, from.h, from.w).weight(p.h, p.w);
        sum += weight * convert<C>(dy(from.b, p.c, from.h, from.w));
      }
    }
    T& out = dx(p.b, p.c, p.h, p.w);
    out = convert<T>(convert<double>(out) + sum);
  }
};

}  // namespace infograd::cuda
