// Scores of all pairs in tiles: products by oneDNN (f32) or BLAS (f64), everything else in
// all_pairs_tile.cpp.
//
// A wave w runs the tiles (I, I + w mod n): no two share rows or columns, so each task adds into its row and
// its column results without locks, in an order that n alone decides. Four products in all: one forward,
// three backward.
#include <algorithm>
#include <cmath>
#include <limits>

#include <omp.h>

#include <infograd/backends/cpu/all_pairs_tile.h>
#include <infograd/backends/cpu/blas.h>
#include <infograd/backends/cpu/cpu_backend.h>
#include <infograd/backends/cpu/onednn_kernels.h>
#include <infograd/backends/cpu/worker_scratch.h>
#include <infograd/core/allocator.h>
#include <infograd/core/parallel.h>

namespace infograd {
namespace {

using namespace all_pairs;

/// Libraries called by this thread stay on it: what they compute must not depend on the number of threads.
class OneThread {
 public:
  OneThread() : before_(omp_get_max_threads()) {
    if (before_ != 1) omp_set_num_threads(1);
  }
  OneThread(const OneThread&) = delete;
  OneThread& operator=(const OneThread&) = delete;
  ~OneThread() {
    if (before_ != 1) omp_set_num_threads(before_);
  }

 private:
  int before_;
};

template <class T>
using Matrix = blas::Matrix<T>;

/// c [m, n] = alpha * a [m, k] @ b [k, n] + beta * c.
void product(int64_t m, int64_t n, int64_t k, double alpha, Matrix<const double> a, Matrix<const double> b,
             double beta, Matrix<double> c) {
  blas::gemm<double>(m, n, k, alpha, a, b, beta, c);
}
void product(int64_t m, int64_t n, int64_t k, double alpha, Matrix<const float> a, Matrix<const float> b,
             double beta, Matrix<float> c) {
  const auto scale = static_cast<float>(alpha), kept = static_cast<float>(beta);
  if (!onednn::sgemm(m, n, k, scale, a, b, kept, c)) blas::gemm<float>(m, n, k, scale, a, b, kept, c);
}

/// 512 is where the products are fast; smaller when that would leave fewer than four blocks to share out.
int64_t tile_extent(const AllPairsArgs& args, int64_t k) {
  if (args.tile > 0) return std::min(args.tile, k);
  return std::min(k, std::clamp<int64_t>((k / 4 + 63) / 64 * 64, 128, 512));
}

/// Largest row norm.
template <class T>
double largest_norm(const T* x, int64_t rows, int64_t depth) {
  double largest = 0;
  for (int64_t i = 0; i < rows; ++i) {
    double squares = 0;
    for (int64_t c = 0; c < depth; ++c)
      squares += static_cast<double>(x[i * depth + c]) * static_cast<double>(x[i * depth + c]);
    largest = std::max(largest, squares);
  }
  return std::sqrt(largest);
}

template <class T>
class AllPairs {
 public:
  explicit AllPairs(const AllPairsArgs& args)
      : args_(args),
        k_(args.out.shape[1]),
        depth_(args.u ? args.u.shape[1] : 0),
        tile_(tile_extent(args, k_)),
        blocks_((k_ + tile_ - 1) / tile_) {}

  void lse() {
    // One (sum, shift) per row, then one per column: sum e^(s - shift).
    const memory::Scratch memory(static_cast<size_t>(4 * k_) * sizeof(double));
    auto* const sum = memory.as<double>();
    double* const shift = sum + 2 * k_;
    std::fill_n(sum, 2 * k_, 0.0);
    std::fill_n(shift, 2 * k_, -std::numeric_limits<double>::infinity());
    T* const out = args_.out.template as<T>();
    const bool bounded = entries_are_bounded();
    for_each_tile([&](int64_t row, int64_t rows, int64_t column, int64_t columns, T* buffer, bool first) {
      const Tile<const T> s = scores(row, rows, column, columns, buffer);
      T* const scratch = buffer + tile_ * tile_;
      const TileSums<T> part{scratch, scratch + tile_, scratch + 2 * tile_, scratch + 3 * tile_};
      tile_sums(s, bounded, part);
      for (int64_t i = 0; i < rows; ++i)
        merge(sum[row + i], shift[row + i], part.row_sum[i], part.row_shift[i]);
      for (int64_t j = 0, at = k_ + column; j < columns; ++j, ++at)
        merge(sum[at], shift[at], part.column_sum[j], part.column_shift[j]);
      if (!first) return;
      for (int64_t i = 0; i < rows; ++i) out[2 * k_ + row + i] = s.data[i * s.ld + i];
    });
    for (int64_t i = 0; i < 2 * k_; ++i) out[i] = static_cast<T>(shift[i] + std::log(sum[i]));
  }

  void grad() {
    const T* const lse = args_.out.template as<T>();
    const T* const g = args_.grad.template as<T>();
    for_each_tile([&](int64_t row, int64_t rows, int64_t column, int64_t columns, T* buffer, bool first) {
      const Tile<const T> s = scores(row, rows, column, columns, buffer);
      T* const dense = args_.dscores.template as<T>();
      const Tile<T> slope = dense != nullptr ? Tile<T>{dense + row * k_ + column, rows, columns, k_}
                                             : Tile<T>{buffer, rows, columns, columns};
      tile_slope(slope, s, {lse + row, lse + k_ + column, g + row, g + k_ + column, buffer + tile_ * tile_});
      if (first)
        for (int64_t i = 0; i < rows; ++i) slope.data[i * slope.ld + i] += g[2 * k_ + row + i];
      if (dense != nullptr) return;
      const T* const u = args_.u.template as<T>() + row * depth_;
      const T* const v = args_.v.template as<T>() + column * depth_;
      const double keep = first ? 0 : 1;
      product(rows, depth_, columns, args_.scale, {slope.data, columns}, {v, depth_}, keep,
              {args_.du.template as<T>() + row * depth_, depth_});
      product(columns, depth_, rows, args_.scale, {slope.data, columns, true}, {u, depth_}, keep,
              {args_.dv.template as<T>() + column * depth_, depth_});
    });
  }

 private:
  /// f(first row, rows, first column, columns, buffer, on the diagonal) for every tile, waves one after the
  /// other.
  template <class F>
  void for_each_tile(F&& f) {
    WorkerScratch scratch(static_cast<size_t>(tile_ * (tile_ + 4)) * sizeof(T));
    for (int64_t wave = 0; wave < blocks_; ++wave) {
      parallel_for(blocks_, 1, [&](int64_t begin, int64_t end) {
        const OneThread one_thread;
        const WorkerScratch::Lease buffer(scratch);
        for (int64_t block = begin; block < end; ++block) {
          const int64_t row = block * tile_, column = (block + wave) % blocks_ * tile_;
          f(row, std::min(tile_, k_ - row), column, std::min(tile_, k_ - column), buffer.template as<T>(),
            wave == 0);
        }
      });
    }
  }

  /// The scores of a tile: where they are, or computed into `buffer`.
  Tile<const T> scores(int64_t row, int64_t rows, int64_t column, int64_t columns, T* buffer) const {
    if (args_.scores && !args_.labels)
      return {args_.scores.template as<T>() + row * k_ + column, rows, columns, k_};
    if (args_.scores) {
      const T* const s = args_.scores.template as<T>() + row * k_ + column;
      for (int64_t i = 0; i < rows; ++i) std::copy_n(s + i * k_, columns, buffer + i * columns);
    } else {
      product(rows, columns, depth_, args_.scale, {args_.u.template as<T>() + row * depth_, depth_},
              {args_.v.template as<T>() + column * depth_, depth_, true}, 0, {buffer, columns});
    }
    if (args_.labels) leave_out_equal_labels(row, rows, column, columns, buffer);
    return {buffer, rows, columns, columns};
  }

  void leave_out_equal_labels(int64_t row, int64_t rows, int64_t column, int64_t columns, T* s) const {
    const int64_t* const labels = args_.labels.template as<int64_t>();
    for (int64_t i = 0; i < rows; ++i)
      for (int64_t j = 0; j < columns; ++j)
        if (labels[row + i] == labels[column + j] && row + i != column + j)
          s[i * columns + j] = -std::numeric_limits<T>::infinity();
  }

  /// |s_ij| <= scale |u_i| |v_j|: for unit vectors and usual temperatures no maximum has to be looked for.
  bool entries_are_bounded() const {
    if (args_.scores) return false;
    const double bound = std::abs(args_.scale) * largest_norm(args_.u.template as<T>(), k_, depth_) *
                         largest_norm(args_.v.template as<T>(), k_, depth_);
    return bound <= kSharedRange / 2;
  }

  static void merge(double& sum, double& shift, double part, double part_shift) {
    if (part_shift > shift) {
      sum = sum * std::exp(shift - part_shift) + part;
      shift = part_shift;
    } else {
      sum += part_shift == shift ? part : part * std::exp(part_shift - shift);
    }
  }

  const AllPairsArgs& args_;
  int64_t k_, depth_, tile_, blocks_;
};

}  // namespace

void CpuBackend::all_pairs_lse(const AllPairsArgs& args) {
  if (args.out.dtype == DType::f32)
    AllPairs<float>(args).lse();
  else if (args.out.dtype == DType::f64)
    AllPairs<double>(args).lse();
  else
    ReferenceBackend::all_pairs_lse(args);
}

void CpuBackend::all_pairs_lse_grad(const AllPairsArgs& args) {
  if (args.out.dtype == DType::f32)
    AllPairs<float>(args).grad();
  else if (args.out.dtype == DType::f64)
    AllPairs<double>(args).grad();
  else
    ReferenceBackend::all_pairs_lse_grad(args);
}

}  // namespace infograd
