// Strips of scores, one product each; four products in all: one forward, three backward. Column sums go on
// from strip to strip in order.
#include <optional>

#include <infograd/backends/cuda/all_pairs_body.h>
#include <infograd/backends/cuda/cuda_backend.h>
#include <infograd/backends/cuda/slices.cuh>

namespace infograd {

namespace cuda {

template <class S, class T, class Out>
__global__ void __launch_bounds__(kThreads) pair_slope_kernel(PairSlope<S, T, Out> kernel) {
  kernel.run(blockIdx.x, static_cast<int>(threadIdx.x));
}

namespace {

using Sums = LogSum<double>;

/// Row-major [rows, columns] with `step` elements from row to row.
template <class T>
View matrix(T* data, int64_t rows, int64_t columns, int64_t step) {
  return {const_cast<std::remove_const_t<T>*>(data),
          dtype_of_v<std::remove_const_t<T>>,
          {rows, columns},
          {step, 1}};
}

/// bf16 as f32, anything else as it is.
template <class S>
class Widened {
 public:
  Widened(Backend& backend, const ConstView& v) : view_(v) {
    if (!v || v.dtype == dtype_of_v<S>) return;
    memory_.emplace(static_cast<size_t>(v.numel()) * sizeof(S));
    const View wide(memory_->data(), dtype_of_v<S>, v.shape, contiguous_strides(v.shape));
    backend.copy(wide, v);
    view_ = wide;
  }
  const ConstView& view() const { return view_; }

 private:
  std::optional<Scratch> memory_;
  ConstView view_;
};

template <class T>
class AllPairs {
  using S = typename Compute<T>::type;  ///< of products and exponentials

 public:
  AllPairs(CudaBackend& backend, const AllPairsArgs& args)
      : backend_(backend),
        args_(args),
        u_(backend, args.u),
        v_(backend, args.v),
        k_(args.out.shape[1]),
        rows_(strip_rows(k_, args.tile)),
        strip_(in_place() ? 0 : sizeof(S) * static_cast<size_t>(rows_ * k_)) {}

  void lse() {
    T* const out = args_.out.as<T>();
    const Scratch memory(rows_ < k_ ? sizeof(Sums) * static_cast<size_t>(k_) : 0);
    Sums* const columns = memory.template as<Sums>();
    for (int64_t first = 0; first < k_; first += rows_) {
      const int64_t n = std::min(rows_, k_ - first);
      const S* const scores = scores_of(first, n);
      sum_slices(Slices::of({n, k_}, {k_, 1}, {n, 1}, {1, 1}), scores, out + first, first, 0, nullptr);
      const Slices of_columns = Slices::of({n, k_}, {k_, 1}, {1, k_}, {k_, 1});
      const Sums* const before = first > 0 ? columns : nullptr;
      if (first + n < k_)
        sum_slices(of_columns, scores, columns, 0, first, before);
      else
        sum_slices(of_columns, scores, out + k_, 0, first, before);
      backend_.copy(matrix(out + 2 * k_ + first, n, 1, 1), matrix(scores + first, n, 1, k_ + 1));
    }
  }

  void grad_of_scores() {
    for (int64_t first = 0; first < k_; first += rows_) {
      const int64_t n = std::min(rows_, k_ - first);
      slopes(scores_of(first, n), args_.dscores.as<T>() + first * k_, first, n);
    }
  }

  void grad() {
    const int64_t depth = args_.u.shape[1];
    const Scratch memory(std::is_same_v<S, T> ? 0 : sizeof(S) * static_cast<size_t>(2 * k_ * depth));
    S* du = args_.du.as<S>();
    S* dv = args_.dv.as<S>();
    if constexpr (!std::is_same_v<S, T>) du = memory.template as<S>(), dv = du + k_ * depth;
    for (int64_t first = 0; first < k_; first += rows_) {
      const int64_t n = std::min(rows_, k_ - first);
      S* const slope = strip_.template as<S>();
      slopes(scores_of(first, n), slope, first, n);
      backend_.gemm({.out = matrix(du + first * depth, n, depth, depth),
                     .a = matrix(slope, n, k_, k_),
                     .b = v_.view(),
                     .bias = {},
                     .alpha = args_.scale});
      backend_.gemm({.out = matrix(dv, k_, depth, depth),
                     .a = ConstView(slope, dtype_of_v<S>, {k_, n}, {1, k_}),
                     .b = matrix(u_.view().template as<S>() + first * depth, n, depth, depth),
                     .bias = {},
                     .alpha = args_.scale,
                     .beta = first > 0 ? 1.0 : 0.0});
    }
    if constexpr (!std::is_same_v<S, T>) {
      backend_.copy(args_.du, matrix(du, k_, depth, depth));
      backend_.copy(args_.dv, matrix(dv, k_, depth, depth));
    }
  }

 private:
  /// Whether the scores can be read where they are.
  bool in_place() const { return args_.scores && std::is_same_v<S, T>; }

  /// Rows [first, first + n) of the scores, k_ apart.
  const S* scores_of(int64_t first, int64_t n) {
    S* const strip = strip_.template as<S>();
    if (in_place()) return args_.scores.as<S>() + first * k_;
    if (args_.scores) {
      backend_.copy(matrix(strip, n, k_, k_), matrix(args_.scores.as<T>() + first * k_, n, k_, k_));
      return strip;
    }
    const int64_t depth = args_.u.shape[1];
    backend_.gemm({.out = matrix(strip, n, k_, k_),
                   .a = matrix(u_.view().template as<S>() + first * depth, n, depth, depth),
                   .b = ConstView(v_.view().data, dtype_of_v<S>, {depth, k_}, {1, depth}),
                   .bias = {},
                   .alpha = args_.scale});
    return strip;
  }

  template <class Out>
  void sum_slices(const Slices& slices, const S* scores, Out* out, int64_t first_slice, int64_t first_other,
                  const Sums* before) {
    const int64_t* const labels = args_.labels.as<int64_t>();
    const SliceSchedule schedule = schedule_slices(slices, true);
    const bool cut = schedule.chunks > 1;
    const Scratch memory(cut ? sizeof(Sums) * static_cast<size_t>(schedule.chunks * slices.kept.numel) : 0);
    Sums* const partials = cut ? memory.template as<Sums>() : nullptr;
    launch_slices("all_pairs_lse", PairSums<S, Out>{labels, first_slice, first_other, before}, slices,
                  schedule, scores, out, partials);
    if (!cut) return;
    const Slices rest = slices_of_partials(slices, schedule.chunks);
    launch_slices("all_pairs_lse", PairSums<Sums, Out>{nullptr, 0, 0, before}, rest,
                  schedule_slices(rest, false), static_cast<const Sums*>(partials), out);
  }

  template <class Out>
  void slopes(const S* scores, Out* slope, int64_t first, int64_t n) {
    const PairSlope<S, T, Out> kernel{
        scores, slope, k_, k_, args_.out.as<T>(), args_.grad.as<T>(), args_.labels.as<int64_t>(), first, k_};
    pair_slope_kernel<<<static_cast<unsigned>(n * kernel.blocks_per_row()), kThreads, 0, stream()>>>(kernel);
    check_launch("all_pairs_lse_grad");
  }

  CudaBackend& backend_;
  const AllPairsArgs& args_;
  Widened<S> u_, v_;
  int64_t k_, rows_;
  Scratch strip_;
};

}  // namespace
}  // namespace cuda

using namespace cuda;

void CudaBackend::all_pairs_lse(const AllPairsArgs& args) {
  if (args.out.numel() == 0) return;
  const DeviceGuard guard(index_);
  visit_floating("all_pairs_lse", args.out.dtype,
                 [&](auto zero) { AllPairs<decltype(zero)>(*this, args).lse(); });
}

void CudaBackend::all_pairs_lse_grad(const AllPairsArgs& args) {
  if (args.out.numel() == 0) return;
  const DeviceGuard guard(index_);
  visit_floating("all_pairs_lse_grad", args.out.dtype, [&](auto zero) {
    AllPairs<decltype(zero)> pairs(*this, args);
    if (args.dscores)
      pairs.grad_of_scores();
    else
      pairs.grad();
  });
}

}  // namespace infograd
