// Max and average pooling over windows [i * stride - pad, + kernel). Padding is never a maximum.
#include <algorithm>
#include <limits>

#include <infograd/backends/reference/elements.h>
#include <infograd/backends/reference/reference_backend.h>

namespace infograd {

using namespace reference;

namespace {

/// One axis of a window: where it starts, and the part [begin, end) inside the image.
struct Range {
  int64_t start, begin, end;
  int64_t padded;  ///< cells inside the padded image
};

Range window(const PoolArgs& args, size_t axis, int64_t i) {
  const int64_t extent = args.x.shape[static_cast<int>(axis) + 2];
  const int64_t start = i * args.stride[axis] - args.pad_begin[axis], stop = start + args.kernel[axis];
  return {start, std::max<int64_t>(start, 0), std::min(stop, extent),
          std::min(stop, extent + args.pad_end[axis]) - start};
}

double divisor(const PoolArgs& args, const Range& rows, const Range& columns) {
  const int64_t cells =
      args.kind == PoolKind::avg_include_pad
          ? rows.padded * columns.padded
          : std::max<int64_t>(rows.end - rows.begin, 0) * std::max<int64_t>(columns.end - columns.begin, 0);
  return static_cast<double>(std::max<int64_t>(cells, 1));
}

/// Calls f(b, c, i, j, rows, columns) for every window.
template <class F>
void for_each_window(const PoolArgs& args, F f) {
  const Shape& y = args.y.shape;
  for_each_index({y[0], y[1], y[2], y[3]}, [&](int64_t b, int64_t c, int64_t i, int64_t j) {
    f(b, c, i, j, window(args, 0, i), window(args, 1, j));
  });
}

template <class T, class Index>
void max_forward(const PoolArgs& args) {
  const Elements<T> x(args.x), y(args.y);
  const Elements<Index> index(args.index);
  for_each_window(args, [&](int64_t b, int64_t c, int64_t i, int64_t j, const Range& rows,
                            const Range& columns) {
    double largest = -std::numeric_limits<double>::infinity();
    int64_t cell = -1;
    for (int64_t h = rows.begin; h < rows.end; ++h)
      for (int64_t v = columns.begin; v < columns.end; ++v) {
        const double value = x(b, c, h, v);
        const bool better = value > largest || (value != value && largest == largest);  // the first NaN wins
        if (cell >= 0 && !better) continue;  // the first of equals stays
        largest = value;
        cell = (h - rows.start) * args.kernel[1] + (v - columns.start);
      }
    y.set(largest, b, c, i, j);
    if (index) index.set(std::max<int64_t>(cell, 0), b, c, i, j);
  });
}

template <class T, class Index>
void max_backward(const PoolArgs& args) {
  const Elements<T> dx(args.x), dy(args.y);
  const Elements<Index> index(args.index);
  for_each_window(
      args, [&](int64_t b, int64_t c, int64_t i, int64_t j, const Range& rows, const Range& columns) {
        const int64_t cell = index(b, c, i, j);
        const int64_t h = rows.start + cell / args.kernel[1], v = columns.start + cell % args.kernel[1];
        const bool inside = h >= rows.begin && h < rows.end && v >= columns.begin && v < columns.end;
        if (inside) dx.add(dy(b, c, i, j), b, c, h, v);
      });
}

template <class T>
void average(const PoolArgs& args) {
  const Elements<T> x(args.x), y(args.y);
  for_each_window(args,
                  [&](int64_t b, int64_t c, int64_t i, int64_t j, const Range& rows, const Range& columns) {
                    const double n = divisor(args, rows, columns);
                    double sum = 0;
                    for (int64_t h = rows.begin; h < rows.end; ++h)
                      for (int64_t v = columns.begin; v < columns.end; ++v) {
                        if (args.backward)
                          x.add(y(b, c, i, j) / n, b, c, h, v);
                        else
                          sum += x(b, c, h, v);
                      }
                    if (!args.backward) y.set(sum / n, b, c, i, j);
                  });
}

}  // namespace

void ReferenceBackend::pool(const PoolArgs& args) {
  if (args.backward) fill(args.x, 0);
  visit_floating("pooling", args.x.dtype, [&](auto zero) {
    using T = decltype(zero);
    if (args.kind != PoolKind::max) return average<T>(args);
    const bool wide = args.index && args.index.dtype == DType::i64;
    if (args.backward) return wide ? max_backward<T, int64_t>(args) : max_backward<T, uint8_t>(args);
    return wide ? max_forward<T, int64_t>(args) : max_forward<T, uint8_t>(args);
  });
}

}  // namespace infograd
