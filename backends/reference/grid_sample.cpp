// Bilinear sampling of an image at positions given by a grid in [-1, 1].
#include <algorithm>
#include <cmath>

#include <infograd/backends/reference/elements.h>
#include <infograd/backends/reference/reference_backend.h>

namespace infograd {

using namespace reference;

namespace {

/// A coordinate in pixels, with d pixel / d grid.
struct Position {
  double pixel, slope;
};

Position to_pixels(double g, int64_t extent, const GridSampleArgs& args) {
  const auto n = static_cast<double>(extent);
  // The right derivative at whole pixels: the last one is already on the border.
  if (args.pixel_grid) return {std::clamp(g, 0.0, n - 1), g >= 0 && g < n - 1 ? 1.0 : 0.0};
  // align_corners: -1 and 1 are the centres of the outer pixels; else their outer edges.
  Position p = args.align_corners ? Position{(g + 1) / 2 * (n - 1), (n - 1) / 2}
                                  : Position{((g + 1) * n - 1) / 2, n / 2};
  if (args.padding == PaddingMode::border && (p.pixel <= 0 || p.pixel >= n - 1))
    p = {std::clamp(p.pixel, 0.0, n - 1), 0};
  return p;
}

/// The four pixels around a position. A corner outside the image counts as zero.
struct Bilinear {
  double left, top, dx, dy;  // pixel of the upper left corner, distance from it
  int64_t width, height;

  Bilinear(const Position& x, const Position& y, int64_t width_, int64_t height_)
      : left(std::floor(x.pixel)),
        top(std::floor(y.pixel)),
        dx(x.pixel - left),
        dy(y.pixel - top),
        width(width_),
        height(height_) {}

  /// f(row, column, weight, d weight / d x, d weight / d y) for every corner inside the image.
  template <class F>
  void corners(F f) const {
    for (int down = 0; down < 2; ++down)
      for (int right = 0; right < 2; ++right) {
        const double column = left + right, row = top + down;
        // Compared as double: a huge or NaN position is outside, and never converted to an index.
        if (!(column >= 0 && column < static_cast<double>(width) && row >= 0 &&
              row < static_cast<double>(height)))
          continue;
        const double wx = right != 0 ? dx : 1 - dx, wy = down != 0 ? dy : 1 - dy;
        f(static_cast<int64_t>(row), static_cast<int64_t>(column), wx * wy, right != 0 ? wy : -wy,
          down != 0 ? wx : -wx);
      }
  }
};

}  // namespace

void ReferenceBackend::grid_sample(const GridSampleArgs& args) {
  const Shape &in = args.x.shape, &out = args.y.shape;
  visit_floating("grid_sample", args.x.dtype, [&](auto zero) {
    using T = decltype(zero);
    const Elements<T> x(args.x), grid(args.grid), y(args.y);
    for_each_index({out[0], out[2], out[3]}, [&](int64_t b, int64_t i, int64_t j) {
      const Bilinear at(to_pixels(grid(b, i, j, 0), in[3], args), to_pixels(grid(b, i, j, 1), in[2], args),
                        in[3], in[2]);
      for (int64_t c = 0; c < out[1]; ++c) {
        double sum = 0;
        at.corners([&](int64_t row, int64_t column, double weight, double, double) {
          sum += weight * x(b, c, row, column);
        });
        y.set(sum, b, c, i, j);
      }
    });
  });
}

void ReferenceBackend::grid_sample_grad(const GridSampleArgs& args) {
  const Shape &in = args.x.shape, &out = args.dy.shape;
  visit_floating("grid_sample", args.x.dtype, [&](auto zero) {
    using T = decltype(zero);
    const Elements<T> x(args.x), grid(args.grid), dy(args.dy), dx(args.dx), dgrid(args.dgrid);
    for_each_index({out[0], out[2], out[3]}, [&](int64_t b, int64_t i, int64_t j) {
      const Position px = to_pixels(grid(b, i, j, 0), in[3], args),
                     py = to_pixels(grid(b, i, j, 1), in[2], args);
      const Bilinear at(px, py, in[3], in[2]);
      double grad_x = 0, grad_y = 0;
      for (int64_t c = 0; c < out[1]; ++c)
        at.corners([&](int64_t row, int64_t column, double weight, double by_x, double by_y) {
          const double g = dy(b, c, i, j);
          if (dx) dx.add(g * weight, b, c, row, column);
          grad_x += g * by_x * x(b, c, row, column);
          grad_y += g * by_y * x(b, c, row, column);
        });
      if (dgrid) {
        dgrid.set(grad_x * px.slope, b, i, j, 0);
        dgrid.set(grad_y * py.slope, b, i, j, 1);
      }
    });
  });
}

}  // namespace infograd
