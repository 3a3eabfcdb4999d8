// Private: what one thread of the pooling kernels does. Backward gathers: a pixel asks the windows that
// cover it, in order, so that nothing is added by two threads.
#pragma once

#include <algorithm>
#include <limits>

#include <infograd/backends/args.h>
#include <infograd/backends/cuda/images.h>

namespace infograd::cuda {

/// The windows [i * stride - pad, + kernel) along both axes.
struct PoolWindows {
  struct Range {
    int start;       ///< may lie in the padding
    int begin, end;  ///< the part inside the image
    int padded;      ///< cells inside the padded image
  };
  struct Span {
    int first, last;  ///< first .. last - 1
  };
  int kernel[2], stride[2], pad[2], extent[2], padded_end[2], count[2];
  PoolKind kind;

  explicit PoolWindows(const PoolArgs& args) : kind(args.kind) {
    for (int axis = 0; axis < 2; ++axis) {
      const auto i = static_cast<size_t>(axis);
      kernel[axis] = args.kernel[i], stride[axis] = args.stride[i], pad[axis] = args.pad_begin[i];
      extent[axis] = static_cast<int>(args.x.shape[axis + 2]);
      count[axis] = static_cast<int>(args.y.shape[axis + 2]);
      padded_end[axis] = extent[axis] + args.pad_end[i];
    }
  }

  INFOGRAD_HD Range window(int axis, int i) const {
    const int start = i * stride[axis] - pad[axis], stop = start + kernel[axis];
    return {start, std::max(start, 0), std::min(stop, extent[axis]),
            std::min(stop, padded_end[axis]) - start};
  }
  /// The windows that cover a row or column.
  INFOGRAD_HD Span covering(int axis, int at) const {
    const int q = at + pad[axis];
    return {q < kernel[axis] ? 0 : (q - kernel[axis]) / stride[axis] + 1,
            std::min(q / stride[axis] + 1, count[axis])};
  }
  INFOGRAD_HD int cells(const Range& rows, const Range& columns) const {
    const int n = kind == PoolKind::avg_include_pad
                      ? rows.padded * columns.padded
                      : std::max(rows.end - rows.begin, 0) * std::max(columns.end - columns.begin, 0);
    return std::max(n, 1);
  }
  /// The number of a pixel inside a window.
  INFOGRAD_HD int cell(const Range& rows, const Range& columns, int h, int w) const {
    return (h - rows.start) * kernel[1] + (w - columns.start);
  }
};

template <class T, class Index>
struct MaxPool {
  using C = typename Compute<T>::type;
  PoolWindows windows;
  Pixels pixels;  ///< of y
  Images<const T> x;
  Images<T> y;
  Images<Index> index;  ///< may be empty

  INFOGRAD_HD void run(uint32_t i) const {
    const Pixel p = pixels.at(i);
    const auto rows = windows.window(0, p.h), columns = windows.window(1, p.w);
    C largest = -std::numeric_limits<C>::infinity();
    int cell = -1;
    for (int h = rows.begin; h < rows.end; ++h)
      for (int w = columns.begin; w < columns.end; ++w) {
        const C value = convert<C>(x(p.b, p.c, h, w));
        const bool better = value > largest || (value != value && largest == largest);  // the first NaN wins
        if (cell >= 0 && !better) continue;  // the first of equals stays
        largest = value;
        cell = windows.cell(rows, columns, h, w);
      }
    y(p.b, p.c, p.h, p.w) = convert<T>(largest);
    if (index.data != nullptr) index(p.b, p.c, p.h, p.w) = static_cast<Index>(std::max(cell, 0));
  }
};

template <class T, class Index>
struct MaxPoolGrad {
  using C = typename Compute<T>::type;
  PoolWindows windows;
  Pixels pixels;  ///< of dx
  Images<T> dx;
  Images<const T> dy;
  Images<const Index> index;

  INFOGRAD_HD void run(uint32_t number) const {
    const Pixel p = pixels.at(number);
    const auto down = windows.covering(0, p.h), across = windows.covering(1, p.w);
    C sum = 0;
    for (int i = down.first; i < down.last; ++i)
      for (int j = across.first; j < across.last; ++j) {
        const int cell = windows.cell(windows.window(0, i), windows.window(1, j), p.h, p.w);
        if (static_cast<int64_t>(index(p.b, p.c, i, j)) == cell) sum += convert<C>(dy(p.b, p.c, i, j));
      }
    dx(p.b, p.c, p.h, p.w) = convert<T>(sum);
  }
};

template <class T>
struct AveragePool {
  using C = typename Compute<T>::type;
  PoolWindows windows;
  Pixels pixels;  ///< of y
  Images<const T> x;
  Images<T> y;

  INFOGRAD_HD void run(uint32_t i) const {
    const Pixel p = pixels.at(i);
    const auto rows = windows.window(0, p.h), columns = windows.window(1, p.w);
    C sum = 0;
    for (int h = rows.begin; h < rows.end; ++h)
      for (int w = columns.begin; w < columns.end; ++w) sum += convert<C>(x(p.b, p.c, h, w));
    y(p.b, p.c, p.h, p.w) = convert<T>(sum / static_cast<C>(windows.cells(rows, columns)));
  }
};

template <class T>
struct AveragePoolGrad {
  using C = typename Compute<T>::type;
  PoolWindows windows;
  Pixels pixels;  ///< of dx
  Images<T> dx;
  Images<const T> dy;

  INFOGRAD_HD void run(uint32_t number) const {
    const Pixel p = pixels.at(number);
    const auto down = windows.covering(0, p.h), across = windows.covering(1, p.w);
    C sum = 0;
    for (int i = down.first; i < down.last; ++i)
      for (int j = across.first; j < across.last; ++j)
        sum += convert<C>(dy(p.b, p.c, i, j)) /
               static_cast<C>(windows.cells(windows.window(0, i), windows.window(1, j)));
    dx(p.b, p.c, p.h, p.w) = convert<T>(sum);
  }
};

}  // namespace infograd::cuda
