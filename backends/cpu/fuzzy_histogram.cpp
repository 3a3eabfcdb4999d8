// Joint histograms: pairs are scattered into a table that fits a near cache, gradients gathered from one. A
// row is split into blocks with tables of their own, added in block order: the same bits for any thread
// count.
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include <infograd/backends/cpu/cpu_backend.h>
#include <infograd/backends/fuzzy_bins.h>
#include <infograd/core/allocator.h>
#include <infograd/core/parallel.h>

namespace infograd {
namespace {

constexpr int64_t kNowhere = std::numeric_limits<int64_t>::max();
constexpr int64_t kChunk = 256;            ///< pixels whose bins are found at once
constexpr int64_t kTableBudget = 1 << 18;  ///< doubles of private tables alive at once

/// How a row of M pixels is cut.
struct Blocks {
  int64_t count, size;
  Blocks(int64_t pixels, int64_t table) {
    const int64_t most = std::clamp<int64_t>((int64_t{1} << 20) / table, 1, 64);
    count = std::clamp<int64_t>(pixels / 16384, 1, most);
    size = (pixels + count - 1) / count;
    count = (pixels + size - 1) / size;
  }
};

/// Pixels [first, first + count) of a row. `weight` is null when all are 1.
template <class T>
struct Pixels {
  const T *x, *y, *weight;
  int64_t first, count;

  Pixels(const FuzzyHistogramArgs& args, const Blocks& blocks, int64_t row, int64_t block)
      : first(row * args.x.shape[1] + block * blocks.size),
        count(std::min(blocks.size, args.x.shape[1] - block * blocks.size)) {
    x = args.x.as<T>() + first;
    y = args.y.as<T>() + first;
    weight = args.weight ? args.weight.as<T>() + first : nullptr;
  }
};

/// What a block found besides its table.
struct Tally {
  double weight = 0;
  std::array<int64_t, 3> bad{kNowhere, kNowhere, kNowhere};  ///< as FuzzyHistogramArgs::first_bad
};

/// First element of values for which `wrong` holds. The first loop has no exit, so that it is vectorised.
template <class T, class F>
int64_t find(const T* values, int64_t count, F wrong) {
  for (int64_t begin = 0; begin < count; begin += kChunk) {
    const int64_t end = std::min(begin + kChunk, count);
    bool any = false;
    for (int64_t i = begin; i < end; ++i) any |= wrong(values[i]);
    for (int64_t i = begin; any && i < end; ++i)
      if (wrong(values[i])) return i;
  }
  return kNowhere;
}

template <class T>
void inspect(const Pixels<T>& pixels, Tally& tally) {
  const auto note = [&](size_t argument, int64_t index) {
    if (index != kNowhere) tally.bad[argument] = pixels.first + index;
  };
  const auto is_nan = [](T value) { return value != value; };
  note(0, find(pixels.x, pixels.count, is_nan));
  note(1, find(pixels.y, pixels.count, is_nan));
  tally.weight = static_cast<double>(pixels.count);
  if (pixels.weight == nullptr) return;
  note(2, find(pixels.weight, pixels.count,
               [](T w) { return !(w >= 0 && w <= std::numeric_limits<T>::max()); }));
  tally.weight = 0;
  for (int64_t i = 0; i < pixels.count; ++i) tally.weight += static_cast<double>(pixels.weight[i]);
}

// ---- triangular bins with the product t-norm: two bins per value, four cells per pair

bool is_default(const FuzzyHistogramArgs& args) {
  return args.bins.membership == Membership::triangular && args.tnorm == TNorm::product && !args.crisp_y;
}

/// A value between the centres `bin` and `bin` + 1.
struct Located {
  int32_t bin;
  double fraction;  ///< weight of the upper one
  double inside;    ///< 1 inside [lo, hi], else 0
};

/// A chunk of values, located as in bin_coordinate().
struct Chunk {
  alignas(64) std::array<int32_t, kChunk> bin;
  alignas(64) std::array<double, kChunk> fraction, inside;

  Located at(size_t i) const { return {bin[i], fraction[i], inside[i]}; }

  template <class T>
  void locate(const T* values, int64_t count, const FuzzyBins& bins) {
    const double lo = bins.lo, hi = bins.hi, inverse = 1 / (hi - lo), last = bins.count - 1;
    for (int64_t m = 0; m < count; ++m) {
      const auto x = static_cast<double>(values[m]);
      double v = (x - lo) * inverse;
      v = v > 0 ? v : 0;
      v = v < 1 ? v : 1;
      const double u = v * last, below = u < last - 1 ? u : last - 1;
      const auto k = static_cast<int32_t>(below);
      const auto i = static_cast<size_t>(m);
      bin[i] = k;
      fraction[i] = u - static_cast<double>(k);
      inside[i] = x >= lo && x <= hi ? 1 : 0;
    }
  }
};

/// Calls body(pixel, weight, x, y) in order, values located.
template <class T, class F>
void for_each_pair(const FuzzyHistogramArgs& args, const Pixels<T>& pixels, F body) {
  Chunk x, y;
  for (int64_t begin = 0; begin < pixels.count; begin += kChunk) {
    const int64_t count = std::min(kChunk, pixels.count - begin);
    x.locate(pixels.x + begin, count, args.bins);
    y.locate(pixels.y + begin, count, args.bins);
    for (int64_t m = 0; m < count; ++m) {
      const auto k = static_cast<size_t>(m);
      const double weight = pixels.weight != nullptr ? static_cast<double>(pixels.weight[begin + m]) : 1;
      body(begin + m, weight, x.at(k), y.at(k));
    }
  }
}

template <class T>
void scatter_triangular(const FuzzyHistogramArgs& args, const Pixels<T>& pixels, double* table) {
  const int64_t n = args.bins.count;
  for_each_pair(args, pixels, [&](int64_t, double w, const Located& x, const Located& y) {
    const double a1 = w * x.fraction, a0 = w - a1, b1 = y.fraction, b0 = 1 - b1;
    double* const cell = table + x.bin * n + y.bin;
    cell[0] += a0 * b0;
    cell[1] += a0 * b1;
    cell[n] += a1 * b0;
    cell[n + 1] += a1 * b1;
  });
}

template <class T>
void gather_triangular(const FuzzyHistogramArgs& args, const Pixels<T>& pixels, const double* grad,
                       double share, T* dx, T* dy) {
  const int64_t n = args.bins.count;
  const double scale = share * static_cast<double>(n - 1) / (args.bins.hi - args.bins.lo);
  const double *const gp = grad + n * n, *const gq = gp + n;
  for_each_pair(args, pixels, [&](int64_t pixel, double weight, const Located& x, const Located& y) {
    const int32_t i = x.bin, j = y.bin;
    const double w = scale * weight;
    const double a1 = x.fraction, a0 = 1 - a1, b1 = y.fraction, b0 = 1 - b1;
    const double* const cell = grad + i * n + j;
    if (dx != nullptr)
      dx[pixel] = static_cast<T>(
          w * x.inside * ((gp[i + 1] - gp[i]) + b0 * (cell[n] - cell[0]) + b1 * (cell[n + 1] - cell[1])));
    if (dy != nullptr)
      dy[pixel] = static_cast<T>(
          w * y.inside * ((gq[j + 1] - gq[j]) + a0 * (cell[1] - cell[0]) + a1 * (cell[n + 1] - cell[n])));
  });
}

// ---- any membership and t-norm

template <class T>
void scatter(const FuzzyHistogramArgs& args, const Pixels<T>& pixels, double* table) {
  const int64_t n = args.bins.count;
  const bool product = args.tnorm == TNorm::product;
  double *const p = table + n * n, *const q = p + n;
  ActiveBins a, b;
  for (int64_t m = 0; m < pixels.count; ++m) {
    const double w = pixels.weight != nullptr ? static_cast<double>(pixels.weight[m]) : 1;
    if (!(w > 0)) continue;
    active_bins(args.bins, false, static_cast<double>(pixels.x[m]), a);
    active_bins(args.bins, args.crisp_y, static_cast<double>(pixels.y[m]), b);
    for (int k = 0; k < a.count; ++k) {
      double* const cells = table + (a.first + k) * n + b.first;
      const double u = a.weight[static_cast<size_t>(k)];
      if (product)
        for (int l = 0; l < b.count; ++l) cells[l] += w * u * b.weight[static_cast<size_t>(l)];
      else
        for (int l = 0; l < b.count; ++l) cells[l] += w * std::min(u, b.weight[static_cast<size_t>(l)]);
    }
    if (product) continue;
    for (int k = 0; k < a.count; ++k) p[a.first + k] += w * a.weight[static_cast<size_t>(k)];
    for (int l = 0; l < b.count; ++l) q[b.first + l] += w * b.weight[static_cast<size_t>(l)];
  }
}

template <class T>
void gather(const FuzzyHistogramArgs& args, const Pixels<T>& pixels, const double* grad, double share, T* dx,
            T* dy) {
  const int64_t n = args.bins.count;
  const bool product = args.tnorm == TNorm::product;
  const double *const gp = grad + n * n, *const gq = gp + n;
  ActiveBins a, b;
  for (int64_t m = 0; m < pixels.count; ++m) {
    const double w = share * (pixels.weight != nullptr ? static_cast<double>(pixels.weight[m]) : 1);
    active_bins(args.bins, false, static_cast<double>(pixels.x[m]), a);
    active_bins(args.bins, args.crisp_y, static_cast<double>(pixels.y[m]), b);
    double by_x = 0, by_y = 0;
    for (int k = 0; k < a.count; ++k) {
      const double* const g = grad + (a.first + k) * n + b.first;
      const double u = a.weight[static_cast<size_t>(k)], du = a.slope[static_cast<size_t>(k)];
      by_x += du * gp[a.first + k];
      for (int l = 0; l < b.count; ++l) {
        const double v = b.weight[static_cast<size_t>(l)], dv = b.slope[static_cast<size_t>(l)];
        by_x += du * g[l] * (product ? v : u < v ? 1 : u > v ? 0 : 0.5);
        by_y += dv * g[l] * (product ? u : v < u ? 1 : v > u ? 0 : 0.5);
      }
    }
    for (int l = 0; l < b.count; ++l) by_y += b.slope[static_cast<size_t>(l)] * gq[b.first + l];
    if (dx != nullptr) dx[m] = static_cast<T>(w * by_x);
    if (dy != nullptr) dy[m] = static_cast<T>(w * by_y);
  }
}

// ---- rows and blocks

/// Adds the tables of a row's blocks, forms the marginals of a product table, and divides by the weight.
void finish(const FuzzyHistogramArgs& args, double* row, const double* others, int64_t count, double weight) {
  const int64_t n = args.bins.count, table = n * n + 2 * n;
  for (int64_t block = 0; block < count; ++block)
    for (int64_t i = 0; i < table; ++i) row[i] += others[block * table + i];
  double *const p = row + n * n, *const q = p + n;
  for (int64_t i = 0; args.tnorm == TNorm::product && i < n; ++i)
    for (int64_t j = 0; j < n; ++j) {
      p[i] += row[i * n + j];
      q[j] += row[i * n + j];
    }
  for (int64_t i = 0; weight > 0 && i < table; ++i) row[i] /= weight;
}

/// Blocks per chunk of a parallel loop.
int64_t block_grain(const Blocks& blocks) {
  return std::max<int64_t>(1, kParallelGrain / 8 / blocks.size);
}

template <class T>
void histogram(const FuzzyHistogramArgs& args) {
  const int64_t rows = args.x.shape[0], n = args.bins.count, table = n * n + 2 * n;
  const Blocks blocks(args.x.shape[1], table);
  const int64_t more = blocks.count - 1;  // the first block counts in `out` itself
  const int64_t at_once = more == 0 ? rows : std::clamp<int64_t>(kTableBudget / (more * table), 1, rows);
  const memory::Scratch scratch(static_cast<size_t>(at_once * more * table) * sizeof(double));
  std::vector<Tally> tallies(static_cast<size_t>(rows * blocks.count));
  for (int64_t start = 0; start < rows; start += at_once) {
    const int64_t group = std::min(at_once, rows - start);
    const auto others = [&](int64_t row) { return scratch.as<double>() + (row - start) * more * table; };
    parallel_for(group * blocks.count, block_grain(blocks), [&](int64_t begin, int64_t end) {
      for (int64_t task = begin; task < end; ++task) {
        const int64_t row = start + task / blocks.count, block = task % blocks.count;
        double* const counts =
            block == 0 ? args.out.as<double>() + row * table : others(row) + (block - 1) * table;
        std::fill_n(counts, table, 0.0);
        const Pixels<T> pixels(args, blocks, row, block);
        inspect(pixels, tallies[static_cast<size_t>(row * blocks.count + block)]);
        if (is_default(args))
          scatter_triangular(args, pixels, counts);
        else
          scatter(args, pixels, counts);
      }
    });
    parallel_for(group, std::max<int64_t>(1, kParallelGrain / table), [&](int64_t begin, int64_t end) {
      for (int64_t row = start + begin; row < start + end; ++row) {
        double weight = 0;
        for (int64_t block = 0; block < blocks.count; ++block)
          weight += tallies[static_cast<size_t>(row * blocks.count + block)].weight;
        args.total.as<double>()[row] = weight;
        finish(args, args.out.as<double>() + row * table, others(row), more, weight);
      }
    });
  }
  for (size_t k = 0; k < 3; ++k) {
    int64_t first = kNowhere;
    for (const Tally& tally : tallies) first = std::min(first, tally.bad[k]);
    args.first_bad.as<int64_t>()[k] = first == kNowhere ? -1 : first;
  }
}

template <class T>
void histogram_grad(const FuzzyHistogramArgs& args) {
  const int64_t rows = args.x.shape[0], n = args.bins.count, table = n * n + 2 * n;
  const Blocks blocks(args.x.shape[1], table);
  parallel_for(rows * blocks.count, block_grain(blocks), [&](int64_t begin, int64_t end) {
    for (int64_t task = begin; task < end; ++task) {
      const int64_t row = task / blocks.count;
      const Pixels<T> pixels(args, blocks, row, task % blocks.count);
      const double* const grad = args.grad.as<double>() + row * table;
      const double total = args.total.as<double>()[row], share = total > 0 ? 1 / total : 0;
      T* const dx = args.dx ? args.dx.as<T>() + pixels.first : nullptr;
      T* const dy = args.dy ? args.dy.as<T>() + pixels.first : nullptr;
      if (is_default(args))
        gather_triangular(args, pixels, grad, share, dx, dy);
      else
        gather(args, pixels, grad, share, dx, dy);
    }
  });
}

}  // namespace

void CpuBackend::fuzzy_histogram(const FuzzyHistogramArgs& args) {
  if (args.x.numel() == 0) return ReferenceBackend::fuzzy_histogram(args);
  if (args.x.dtype == DType::f32) return histogram<float>(args);
  histogram<double>(args);
}

void CpuBackend::fuzzy_histogram_grad(const FuzzyHistogramArgs& args) {
  if (args.x.numel() == 0) return;
  if (args.x.dtype == DType::f32) return histogram_grad<float>(args);
  histogram_grad<double>(args);
}

}  // namespace infograd
