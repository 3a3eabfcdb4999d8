// A reduction is one or two accumulations over parts of x. Either the innermost axis is reduced: contiguous
// segments give one number each. Or it is kept: rows are accumulated, many results side by side. Long
// reductions are cut into chunks of fixed size whose results combine in order, so the thread count changes
// nothing.
#include <cmath>
#include <vector>

#include <infograd/backends/cpu/accumulate.h>
#include <infograd/backends/cpu/cpu_backend.h>
#include <infograd/backends/cpu/loops.h>
#include <infograd/core/allocator.h>

namespace infograd {
namespace {

constexpr int64_t kTile = 256;    // results side by side
constexpr int64_t kStretch = 64;  // rows accumulated in T before they are added up in double

/// Which accumulations an op consists of; the first one gives the centre of the second.
struct Plan {
  Accumulation first, second;
  bool two;
};
Plan plan(ReduceOp op) {
  switch (op) {
    case ReduceOp::sum_squares:
      return {Accumulation::sum_squares, {}, false};
    case ReduceOp::sum_abs:
      return {Accumulation::sum_abs, {}, false};
    case ReduceOp::prod:
      return {Accumulation::product, {}, false};
    case ReduceOp::max:
      return {Accumulation::max, {}, false};
    case ReduceOp::min:
      return {Accumulation::min, {}, false};
    case ReduceOp::var:
      return {Accumulation::sum, Accumulation::squared_deviations, true};
    case ReduceOp::logsumexp:
      return {Accumulation::max, Accumulation::sum_exp, true};
    default:
      return {Accumulation::sum, {}, false};
  }
}
/// The centre from the first accumulation. An infinite maximum cannot be subtracted.
double center_of(ReduceOp op, double first, double n) {
  if (op == ReduceOp::var) return first / n;
  return std::isinf(first) ? 0 : first;
}
/// The result from the last accumulation.
double finish(ReduceOp op, double first, double last, double n, double correction) {
  switch (op) {
    case ReduceOp::mean:
      return last / n;
    case ReduceOp::var:
      return last / std::max(0.0, n - correction);
    case ReduceOp::logsumexp:
      return std::isinf(first) ? first : first + std::log(last);
    default:
      return last;
  }
}

/// x's axes with x's strides (operand 0) and the output's (operand 1), split into the reduced and the kept
/// ones.
struct Axes {
  Loop<2> kept, reduced;
  bool inner_reduced = false;
};
Axes split(const View& out, const ConstView& x) {
  Strides result = out.strides;
  for (int axis = 0; axis < x.rank(); ++axis)
    if (out.shape[axis] != x.shape[axis]) result[axis] = 0;
  const auto loop = collapse<2>(x.shape, {&x.strides, &result});
  Axes axes;
  std::array<Loop<2>*, 2> parts{&axes.kept, &axes.reduced};
  for (Loop<2>* part : parts) part->rank = 0;
  for (size_t i = 0; i < static_cast<size_t>(loop.rank); ++i) {
    axes.inner_reduced = loop.stride[1][i] == 0 && loop.extent[i] != 1;
    Loop<2>& part = *parts[axes.inner_reduced ? 1 : 0];
    const auto end = static_cast<size_t>(part.rank++);
    part.extent[end] = loop.extent[i];
    part.stride[0][end] = loop.stride[0][i];
    part.stride[1][end] = loop.stride[1][i];
    part.numel *= loop.extent[i];
  }
  for (Loop<2>* part : parts) {
    if (part->rank != 0) continue;
    part->rank = 1;  // one element
    part->extent[0] = 1;
  }
  return axes;
}

/// Over elements [begin, end) of the reduced axes, for the result whose slice starts at x.
template <class T>
double accumulate_slice(Accumulation kind, const T* x, const Loop<2>& reduced, int64_t begin, int64_t end,
                        double center) {
  const int64_t stride = reduced.inner_stride(0);
  double total = accumulation_start(kind);
  for_each_run(reduced, begin, end, [&](const auto& offset, int64_t n) {
    const T* const run = x + offset[0];
    if (stride == 1) {
      total = combine(kind, total, accumulate(kind, run, n, center));
      return;
    }
    T block[kBlock];
    for (int64_t i = 0; i < n; i += kBlock) {
      const int64_t m = std::min(kBlock, n - i);
      load_block(block, run + i * stride, stride, m);
      total = combine(kind, total, accumulate(kind, block, m, center));
    }
  });
  return total;
}

/// The innermost axis is reduced.
template <class T>
void reduce_segments(ReduceOp op, const Axes& axes, T* out, const T* x, double correction) {
  const Loop<2>&kept = axes.kept, &reduced = axes.reduced;
  const Plan steps = plan(op);
  const auto n = static_cast<double>(reduced.numel);
  const int64_t chunks = (reduced.numel + kParallelGrain - 1) / kParallelGrain;

  if (chunks == 1) {
    const auto one = [&](const std::array<int64_t, 2>& at) {
      double first = accumulate_slice(steps.first, x + at[0], reduced, 0, reduced.numel, 0), last = first;
      if (steps.two)
        last = accumulate_slice(steps.second, x + at[0], reduced, 0, reduced.numel, center_of(op, first, n));
      out[at[1]] = static_cast<T>(finish(op, first, last, n, correction));
    };
    parallel_for(kept.numel, std::max<int64_t>(1, kParallelGrain / reduced.numel),
                 [&](int64_t begin, int64_t end) {
                   for_each_run(kept, begin, end, [&](std::array<int64_t, 2> at, int64_t count) {
                     for (int64_t i = 0; i < count; ++i) {
                       one(at);
                       for (size_t k = 0; k < 2; ++k) at[k] += kept.inner_stride(static_cast<int>(k));
                     }
                   });
                 });
    return;
  }

  const memory::Scratch scratch(static_cast<size_t>(kept.numel * (chunks + 2)) * sizeof(double));
  double* const partial = scratch.as<double>();
  double *const first = partial + kept.numel * chunks, *const last = first + kept.numel;
  const auto pass = [&](Accumulation kind, double* result, auto center) {
    parallel_for(kept.numel * chunks, 1, [&](int64_t begin, int64_t end) {
      for (int64_t item = begin; item < end; ++item) {
        const int64_t slice = item / chunks, start = item % chunks * kParallelGrain;
        for_each_run(kept, slice, slice + 1, [&](const auto& at, int64_t) {
          partial[item] = accumulate_slice(kind, x + at[0], reduced, start,
                                           std::min(reduced.numel, start + kParallelGrain), center(slice));
        });
      }
    });
    for (int64_t slice = 0; slice < kept.numel; ++slice) {
      result[slice] = partial[slice * chunks];
      for (int64_t c = 1; c < chunks; ++c)
        result[slice] = combine(kind, result[slice], partial[slice * chunks + c]);
    }
  };
  pass(steps.first, first, [](int64_t) { return 0.0; });
  if (steps.two) pass(steps.second, last, [&](int64_t slice) { return center_of(op, first[slice], n); });
  int64_t slice = 0;
  for_each_run(kept, 0, kept.numel, [&](const auto& at, int64_t count) {
    for (int64_t i = 0; i < count; ++i, ++slice)
      out[at[1] + i * kept.inner_stride(1)] =
          static_cast<T>(finish(op, first[slice], steps.two ? last[slice] : first[slice], n, correction));
  });
}

/// total[j] combined with rows [begin, end) of the reduced axes, for `width` neighbouring results from x on.
template <class T>
void accumulate_tile(Accumulation kind, double* total, const T* x, int64_t column_stride, int64_t width,
                     const Loop<2>& reduced, int64_t begin, int64_t end, const T* center) {
  const int64_t row_stride = reduced.inner_stride(0);
  const auto start = static_cast<T>(accumulation_start(kind));
  T acc[kTile], row[kTile];
  for_each_run(reduced, begin, end, [&](const auto& offset, int64_t n) {
    for (int64_t r = 0; r < n; r += kStretch) {
      const int64_t rows = std::min(kStretch, n - r);
      std::fill_n(acc, width, start);
      const T* const from = x + offset[0] + r * row_stride;
      if (column_stride == 1) {
        accumulate_rows(kind, acc, from, rows, row_stride, width, center);
      } else {
        for (int64_t i = 0; i < rows; ++i) {
          load_block(row, from + i * row_stride, column_stride, width);
          accumulate_rows(kind, acc, row, 1, 0, width, center);
        }
      }
      for (int64_t j = 0; j < width; ++j) total[j] = combine(kind, total[j], static_cast<double>(acc[j]));
    }
  });
}

/// The innermost axis is kept.
template <class T>
void reduce_rows(ReduceOp op, const Axes& axes, T* out, const T* x, double correction) {
  const Loop<2>& reduced = axes.reduced;
  Loop<2> outer = axes.kept;  // the kept axes but the innermost
  const auto inner = static_cast<size_t>(outer.rank - 1);
  const int64_t width = outer.extent[inner], x_stride = outer.stride[0][inner],
                out_stride = outer.stride[1][inner];
  outer.extent[inner] = 1;
  outer.numel /= width;
  const Plan steps = plan(op);
  const auto n = static_cast<double>(reduced.numel);
  const int64_t tiles = (width + kTile - 1) / kTile;
  // Rows per chunk: enough work for a thread, and always whole stretches.
  const int64_t rows = std::max(kStretch, kParallelGrain / std::min(width, kTile) / kStretch * kStretch);
  const int64_t chunks = (reduced.numel + rows - 1) / rows;
  const int64_t tasks = outer.numel * tiles;

  struct Tile {
    int64_t x, out, width;
  };
  const auto tile_of = [&](int64_t task) {
    Tile tile{};
    const int64_t column = task % tiles * kTile;
    for_each_run(outer, task / tiles, task / tiles + 1, [&](const auto& at, int64_t) {
      tile = {at[0] + column * x_stride, at[1] + column * out_stride, std::min(kTile, width - column)};
    });
    return tile;
  };
  const auto store = [&](const Tile& tile, const double* first, const double* last) {
    for (int64_t j = 0; j < tile.width; ++j)
      out[tile.out + j * out_stride] = static_cast<T>(finish(op, first[j], last[j], n, correction));
  };
  const auto centers = [&](const Tile& tile, const double* first, T* center) {
    for (int64_t j = 0; j < tile.width; ++j) center[j] = static_cast<T>(center_of(op, first[j], n));
  };

  if (chunks == 1 || tasks >= 8) {
    const int64_t grain = std::max<int64_t>(1, kParallelGrain / (reduced.numel * std::min(width, kTile)));
    parallel_for(tasks, grain, [&](int64_t begin, int64_t end) {
      for (int64_t task = begin; task < end; ++task) {
        const Tile tile = tile_of(task);
        double first[kTile], last[kTile];
        T center[kTile];
        std::fill_n(first, tile.width, accumulation_start(steps.first));
        accumulate_tile<T>(steps.first, first, x + tile.x, x_stride, tile.width, reduced, 0, reduced.numel,
                           nullptr);
        if (steps.two) {
          centers(tile, first, center);
          std::fill_n(last, tile.width, accumulation_start(steps.second));
          accumulate_tile<T>(steps.second, last, x + tile.x, x_stride, tile.width, reduced, 0, reduced.numel,
                             center);
        }
        store(tile, first, steps.two ? last : first);
      }
    });
    return;
  }

  const memory::Scratch scratch(static_cast<size_t>(chunks * kTile) * sizeof(double));
  double* const partial = scratch.as<double>();
  for (int64_t task = 0; task < tasks; ++task) {
    const Tile tile = tile_of(task);
    double first[kTile], last[kTile];
    T center[kTile];
    const auto pass = [&](Accumulation kind, double* total, const T* c) {
      parallel_for(chunks, 1, [&](int64_t begin, int64_t end) {
        for (int64_t chunk = begin; chunk < end; ++chunk) {
          double* const mine = partial + chunk * kTile;
          std::fill_n(mine, tile.width, accumulation_start(kind));
          accumulate_tile<T>(kind, mine, x + tile.x, x_stride, tile.width, reduced, chunk * rows,
                             std::min(reduced.numel, (chunk + 1) * rows), c);
        }
      });
      std::copy_n(partial, tile.width, total);
      for (int64_t chunk = 1; chunk < chunks; ++chunk)
        for (int64_t j = 0; j < tile.width; ++j)
          total[j] = combine(kind, total[j], partial[chunk * kTile + j]);
    };
    pass(steps.first, first, nullptr);
    if (steps.two) {
      centers(tile, first, center);
      pass(steps.second, last, center);
    }
    store(tile, first, steps.two ? last : first);
  }
}

template <class T>
void run(ReduceOp op, const View& out, const ConstView& x, double param) {
  const Axes axes = split(out, x);
  if (axes.inner_reduced || axes.kept.numel == 1)
    return reduce_segments(op, axes, out.as<T>(), x.as<T>(), param);
  reduce_rows(op, axes, out.as<T>(), x.as<T>(), param);
}

}  // namespace

void CpuBackend::reduce(ReduceOp op, View out, ConstView x, double param) {
  const bool floating = out.dtype == x.dtype && x.numel() > 0;
  if (floating && x.dtype == DType::f32) return run<float>(op, out, x, param);
  if (floating && x.dtype == DType::f64) return run<double>(op, out, x, param);
  ReferenceBackend::reduce(op, out, x, param);
}

}  // namespace infograd
