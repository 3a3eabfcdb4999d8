// Private: fuzzy joint histograms. A warp adds one pair of values after the other into a table of its own,
// its lanes the cells of the pair; tables are added in order. Pairs are located by all lanes before.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

#include <infograd/backends/cuda/launch.h>
#include <infograd/backends/element.h>
#include <infograd/backends/fuzzy_bins.h>

namespace infograd::cuda {

/// The bins [first, first + count) of a value, and what their memberships are computed from.
struct Located {
  double u;          ///< coordinate among the bins
  double scale;      ///< gaussian: 1 / sum of the bells
  int first, count;  ///< count 0: no value
};

/// One axis of a histogram; active_bins() of fuzzy_bins.h, one bin at a time.
struct FuzzyAxis {
  FuzzyBins bins;
  Membership membership;

  FuzzyAxis(const FuzzyBins& b, bool crisp) : bins(b), membership(crisp ? Membership::crisp : b.membership) {}

  /// Most bins of a value.
  INFOGRAD_HD int most() const {
    switch (membership) {
      case Membership::crisp:
        return 1;
      case Membership::gaussian:
        return 2 * static_cast<int>(std::ceil(8 * bins.sigma)) + 1;
      case Membership::cubic_bspline:
        return 4;
      default:
        return 2;
    }
  }

  INFOGRAD_HD Located locate(double x) const {
    const double u = bin_coordinate(bins, x).u;
    const int last = bins.count - 1;
    if (membership == Membership::crisp) return {u, 1, smaller(static_cast<int>(u + 0.5), last), 1};
    if (membership == Membership::cubic_bspline)
      return {u, 1, smaller(static_cast<int>(u), last - 1 - bins.pad) - 1, 4};
    if (membership != Membership::gaussian) return {u, 1, smaller(static_cast<int>(u), last - 1), 2};
    const double reach = std::ceil(8 * bins.sigma), low = std::ceil(u - reach);
    Located at{u, 1, low > 0 ? static_cast<int>(low) : 0, 0};
    at.count = smaller(last, static_cast<int>(u + reach)) - at.first + 1;
    double sum = 0;
    for (int k = 0; k < at.count; ++k) sum += bell(at, k);
    at.scale = 1 / sum;
    return at;
  }

  /// Membership of bin first + k.
  INFOGRAD_HD double weight(const Located& at, int k) const {
    if (membership == Membership::crisp) return 1;
    if (membership == Membership::gaussian) return bell(at, k) * at.scale;
    if (membership == Membership::cubic_bspline)
      return cubic_bspline(at.u - (at.first + 1))[static_cast<size_t>(k)];
    const double upper = at.u - at.first;
    return k == 1 ? upper : 1 - upper;
  }

  /// Its derivative by the value is du (weight' or, of a gaussian, weight (distance - mean) / s^2).
  struct Slope {
    double du, mean;
  };
  INFOGRAD_HD Slope slope(const Located& at, double x) const {
    Slope slope{bin_coordinate(bins, x).slope, 0};
    if (membership == Membership::gaussian)
      for (int k = 0; k < at.count; ++k) slope.mean += weight(at, k) * (at.first + k - at.u);
    return slope;
  }
  INFOGRAD_HD double change(const Located& at, const Slope& slope, int k) const {
    if (membership == Membership::crisp) return 0;
    if (membership == Membership::gaussian)
      return slope.du * weight(at, k) * (at.first + k - at.u - slope.mean) / (bins.sigma * bins.sigma);
    if (membership == Membership::cubic_bspline)
      return slope.du * cubic_bspline_slope(at.u - (at.first + 1))[static_cast<size_t>(k)];
    return k == 1 ? slope.du : -slope.du;
  }

 private:
  INFOGRAD_HD static int smaller(int a, int b) { return a < b ? a : b; }
  INFOGRAD_HD double bell(const Located& at, int k) const {
    const double distance = at.first + k - at.u;
    return std::exp(-distance * distance / (2 * bins.sigma * bins.sigma));
  }
};

/// What both passes read. Element (row, m) of [rows, pixels].
template <class T>
struct FuzzyPairs {
  FuzzyAxis x_axis, y_axis;
  bool product;  ///< the t-norm, else the minimum
  const T* x;
  const T* y;
  const T* weight;  ///< null: all 1
  int64_t rows, pixels;

  FuzzyPairs(const FuzzyHistogramArgs& args)
      : x_axis(args.bins, false),
        y_axis(args.bins, args.crisp_y),
        product(args.tnorm == TNorm::product),
        x(args.x.as<T>()),
        y(args.y.as<T>()),
        weight(args.weight.as<T>()),
        rows(args.x.shape[0]),
        pixels(args.x.shape[1]) {}

  INFOGRAD_HD double weight_at(int64_t i) const { return weight != nullptr ? convert<double>(weight[i]) : 1; }

  // A packed table: N^2 joint cells, then p, q, and where a sum of weights is kept, that.
  INFOGRAD_HD int bins() const { return x_axis.bins.count; }
  INFOGRAD_HD int joint(int i, int j) const { return i * bins() + j; }
  INFOGRAD_HD int p(int i) const { return bins() * bins() + i; }
  INFOGRAD_HD int q(int j) const { return bins() * bins() + bins() + j; }
  INFOGRAD_HD int total() const { return bins() * bins() + 2 * bins(); }
  INFOGRAD_HD int entries() const { return total() + 1; }
};

/// Who adds what, from the shape alone: rows are cut into chunks, one block each; every warp takes a stretch
/// of a chunk. A table too large for the memory of a block is made in slabs, each by blocks of its own that
/// read all pairs.
struct FuzzySchedule {
  static constexpr int kLanes = 32, kWarps = 4, kBlock = kLanes * kWarps;
  static constexpr int kSlab = 1280;  ///< doubles per warp: with the pairs, 47 KiB per block

  int64_t chunks, stretch;  ///< per row; pixels of a warp, a multiple of kLanes
  int slab, slabs;

  FuzzySchedule(int64_t rows, int64_t pixels, int entries) {
    constexpr int64_t kBlocks = 1024, kFewest = 16 * kBlock, kRoom = int64_t{1} << 22U;
    const int64_t wanted = std::min({kBlocks / rows, pixels / kFewest, kRoom / (rows * entries)});
    stretch = ceil_div(ceil_div(pixels, std::max<int64_t>(1, wanted)), kBlock) * kLanes;
    chunks = std::max<int64_t>(1, ceil_div(pixels, stretch * kWarps));
    slab = std::min(entries, kSlab);
    slabs = static_cast<int>(ceil_div(entries, slab));
  }
};

/// A pair of values, ready to be added. weight 0: nothing.
struct LocatedPair {
  Located x, y;
  double weight;
};
static_assert(FuzzySchedule::kWarps *
                  (FuzzySchedule::kSlab * sizeof(double) + FuzzySchedule::kLanes * sizeof(LocatedPair)) <=
              48 << 10);  // what a block may have without asking

template <class T>
struct FuzzyHistogramKernel {
  FuzzyPairs<T> pairs;
  FuzzySchedule schedule;
  double* tables;      ///< [rows, chunks, entries]
  int64_t* first_bad;  ///< [3], the largest number where there is none
  int most_y, cells;   ///< of a pair

  FuzzyHistogramKernel(const FuzzyPairs<T>& p, const FuzzySchedule& s, double* room, int64_t* bad)
      : pairs(p), schedule(s), tables(room), first_bad(bad), most_y(p.y_axis.most()) {
    cells = (p.x_axis.most() + 1) * (most_y + 1);
  }

  /// Block (row, chunk), and its warp's pixels [begin, end).
  struct Stretch {
    int64_t row, begin, end;
  };
  INFOGRAD_HD Stretch stretch(int64_t block, int warp) const {
    const int64_t row = block / schedule.chunks;
    const int64_t begin = ((block - row * schedule.chunks) * FuzzySchedule::kWarps + warp) * schedule.stretch;
    const int64_t end = begin + schedule.stretch;
    return {row, begin, end < pairs.pixels ? end : pairs.pixels};
  }

  /// `note(argument, index)` is told what must not be there.
  template <class F>
  INFOGRAD_HD LocatedPair load(int64_t row, int64_t m, F&& note) const {
    const int64_t i = row * pairs.pixels + m;
    const auto x = convert<double>(pairs.x[i]), y = convert<double>(pairs.y[i]);
    const double w = pairs.weight_at(i);
    if (x != x) note(0, i);
    if (y != y) note(1, i);
    const bool sound = w >= 0 && w <= std::numeric_limits<T>::max();
    if (!sound) note(2, i);
    return {pairs.x_axis.locate(x), pairs.y_axis.locate(y), w > 0 ? w : 0};
  }

  /// Cell c of a pair: bin k of x and l of y; after the last bin of an axis, all of it.
  struct Cell {
    int k, l;
  };
  INFOGRAD_HD Cell cell(int c) const { return {c / (most_y + 1), c % (most_y + 1)}; }

  /// Adds one cell of a pair to entries [begin, begin + slab) of a table.
  INFOGRAD_HD void add(double* slab, int begin, const LocatedPair& pair, const Cell& cell) const {
    const bool all_x = cell.k == pairs.x_axis.most(), all_y = cell.l == most_y;
    if ((!all_x && cell.k >= pair.x.count) || (!all_y && cell.l >= pair.y.count)) return;
    const int i = pair.x.first + cell.k, j = pair.y.first + cell.l;
    const int entry = all_x ? (all_y ? pairs.total() : pairs.q(j)) : all_y ? pairs.p(i) : pairs.joint(i, j);
    if (entry < begin || entry >= begin + schedule.slab) return;
    const double a = all_x ? 1 : pairs.x_axis.weight(pair.x, cell.k),
                 b = all_y ? 1 : pairs.y_axis.weight(pair.y, cell.l);
    slab[entry - begin] += pair.weight * (pairs.product ? a * b : a < b ? a : b);
  }

  /// The warps' slabs as one, into the tables.
  INFOGRAD_HD void write(int64_t block, int begin, int thread, const double* slabs) const {
    for (int i = thread; i < schedule.slab && begin + i < pairs.entries(); i += FuzzySchedule::kBlock) {
      double sum = 0;
      for (int warp = 0; warp < FuzzySchedule::kWarps; ++warp) sum += slabs[warp * schedule.slab + i];
      tables[block * pairs.entries() + begin + i] = sum;
    }
  }
};

/// The chunks' tables as one, divided by the sum of weights.
struct FuzzyFinish {
  const double* tables;
  int64_t rows, chunks;
  int entries;
  double* out;    ///< [rows, entries - 1]
  double* total;  ///< [rows]
  int64_t* first_bad;

  INFOGRAD_HD double sum(int64_t row, int entry) const {
    double sum = 0;
    for (int64_t chunk = 0; chunk < chunks; ++chunk) sum += tables[(row * chunks + chunk) * entries + entry];
    return sum;
  }
  /// Thread i of rows * entries.
  INFOGRAD_HD void run(int64_t i) const {
    if (i < 3 && first_bad[i] == std::numeric_limits<int64_t>::max()) first_bad[i] = -1;
    const int64_t row = i / entries;
    const int entry = static_cast<int>(i - row * entries);
    const double weight = sum(row, entries - 1);
    if (entry == entries - 1) {
      total[row] = weight;
    } else {
      const double cell = sum(row, entry);
      out[row * (entries - 1) + entry] = weight > 0 ? cell / weight : cell;
    }
  }
};

/// dx and dy of one pair per thread.
template <class T>
struct FuzzyGradKernel {
  FuzzyPairs<T> pairs;
  const double* grad;  ///< [rows, packed table]
  const double* total;
  T* dx;  ///< either may be null
  T* dy;

  INFOGRAD_HD int64_t blocks_per_row() const { return ceil_div(pairs.pixels, kThreads); }

  INFOGRAD_HD void run(int64_t block, int thread) const {
    const int64_t row = block / blocks_per_row();
    const int64_t m = (block - row * blocks_per_row()) * kThreads + thread;
    if (m >= pairs.pixels) return;
    const int64_t at = row * pairs.pixels + m;
    const auto x = convert<double>(pairs.x[at]), y = convert<double>(pairs.y[at]);
    const Located a = pairs.x_axis.locate(x), b = pairs.y_axis.locate(y);
    const FuzzyAxis::Slope da = pairs.x_axis.slope(a, x), db = pairs.y_axis.slope(b, y);
    const double* const table = grad + row * pairs.total();
    double by_x = 0, by_y = 0;
    for (int k = 0; k < a.count; ++k) {
      const double u = pairs.x_axis.weight(a, k), du = pairs.x_axis.change(a, da, k);
      by_x += du * table[pairs.p(a.first + k)];
      for (int l = 0; l < b.count; ++l) {
        const double v = pairs.y_axis.weight(b, l), dv = pairs.y_axis.change(b, db, l);
        const double g = table[pairs.joint(a.first + k, b.first + l)];
        by_x += du * g * (pairs.product ? v : share(u, v));
        by_y += dv * g * (pairs.product ? u : share(v, u));
      }
    }
    for (int l = 0; l < b.count; ++l) by_y += pairs.y_axis.change(b, db, l) * table[pairs.q(b.first + l)];
    const double w = pairs.weight_at(at), scale = w > 0 ? w / total[row] : 0;
    if (dx != nullptr) dx[at] = convert<T>(scale * by_x);
    if (dy != nullptr) dy[at] = convert<T>(scale * by_y);
  }

 private:
  /// Of the minimum's derivative by `mine`: half at a tie.
  INFOGRAD_HD static double share(double mine, double other) {
    return mine < other ? 1 : mine > other ? 0 : 0.5;
  }
};

}  // namespace infograd::cuda
