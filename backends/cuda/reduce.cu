// Reductions by SliceKernel, twice over x where a mean or a largest value must be known first.
#include <optional>

#include <infograd/backends/cuda/cuda_backend.h>
#include <infograd/backends/cuda/reductions.h>
#include <infograd/backends/cuda/slices.cuh>

namespace infograd {

using namespace cuda;

namespace {

/// The parts of finish that do not depend on the pass.
struct Ending {
  Finish last = Finish::as_it_is;
  double n = 1, correction = 0;
  bool f32_center = false;
};

/// out = the accumulation of every slice, finished.
template <Combine kind, Term of, class T, class Out>
void accumulate(const Slices& slices, const T* x, Out* out, DType dtype, const Ending& ending,
                const double* center = nullptr) {
  using Acc = typename Accumulate<kind, of, T, Out>::Acc;
  const auto policy_of = [&](auto policy) {
    if constexpr (is_floating_v<T>)
      policy.first = real_start(kind);
    else
      policy.first = whole_start(kind, dtype);
    policy.center = center;
    policy.last = ending.last;
    policy.n = ending.n, policy.correction = ending.correction, policy.f32_center = ending.f32_center;
    return policy;
  };
  const SliceSchedule schedule = schedule_slices(slices, true);
  const auto policy = policy_of(Accumulate<kind, of, T, Out>{});
  if (schedule.chunks == 1) return launch_slices("reduce", policy, slices, schedule, x, out);
  const Scratch partials(sizeof(Acc) * static_cast<size_t>(schedule.chunks * slices.kept.numel));
  launch_slices("reduce", policy, slices, schedule, x, out, partials.as<Acc>());
  const Slices rest = slices_of_partials(slices, schedule.chunks);
  launch_slices("reduce", policy_of(Accumulate<kind, Term::value, Acc, Out>{}), rest,
                schedule_slices(rest, false), static_cast<const Acc*>(partials.as<Acc>()), out);
}

/// A pass over x whose result is the centre of the next: one number per slice.
template <Combine kind, class T>
void centers(const Slices& slices, const T* x, double* result, DType dtype, const Ending& ending) {
  Slices plain = slices_of_partials(slices, 1);  // its strides of x are those of the numbers of slices
  plain.kept.stride[1] = plain.kept.stride[0];
  plain.kept.stride[0] = slices.kept.stride[0];
  plain.reduced = slices.reduced;
  accumulate<kind, Term::value>(plain, x, result, dtype, ending);
}

template <class T>
void reduce_real(ReduceOp op, const Slices& slices, const View& out, const ConstView& x, double correction) {
  const double n = static_cast<double>(slices.reduced.numel);
  const T* from = x.as<T>();
  T* to = out.as<T>();
  const bool two_passes = op == ReduceOp::var || op == ReduceOp::logsumexp;
  const Scratch center(two_passes ? sizeof(double) * static_cast<size_t>(slices.kept.numel) : 0);
  const auto over = [&](auto pass, const Ending& ending = {}, const double* centers = nullptr) {
    pass(slices, from, to, x.dtype, ending, centers);
  };
  switch (op) {
    case ReduceOp::sum:
      return over(accumulate<Combine::sum, Term::value, T, T>);
    case ReduceOp::mean:
      return over(accumulate<Combine::sum, Term::value, T, T>, {Finish::mean, n});
    case ReduceOp::sum_squares:
      return over(accumulate<Combine::sum, Term::square, T, T>);
    case ReduceOp::sum_abs:
      return over(accumulate<Combine::sum, Term::magnitude, T, T>);
    case ReduceOp::prod:
      return over(accumulate<Combine::product, Term::value, T, T>);
    case ReduceOp::max:
      return over(accumulate<Combine::max, Term::value, T, T>);
    case ReduceOp::min:
      return over(accumulate<Combine::min, Term::value, T, T>);
    case ReduceOp::var: {
      centers<Combine::sum>(slices, from, center.as<double>(), x.dtype, {Finish::mean, n});
      return over(accumulate<Combine::sum, Term::squared_deviation, T, T>,
                  {Finish::variance, n, correction, !std::is_same_v<T, double>}, center.as<double>());
    }
    case ReduceOp::logsumexp: {
      centers<Combine::max>(slices, from, center.as<double>(), x.dtype, {});
      return over(accumulate<Combine::sum, Term::exponential, T, T>, {Finish::logsumexp},
                  center.as<double>());
    }
    case ReduceOp::any:
    case ReduceOp::all:
      break;
  }
  throw_dtype("reduction any or all", x.dtype);
}

/// `Out` is T, or i64 for sums of u8 and b8.
template <class T, class Out>
void reduce_whole(ReduceOp op, const Slices& slices, const View& out, const ConstView& x) {
  const auto over = [&](auto pass) { pass(slices, x.as<T>(), out.as<Out>(), x.dtype, Ending{}, nullptr); };
  const bool flags = std::is_same_v<T, bool>;
  switch (op) {
    case ReduceOp::sum:
      return over(accumulate<Combine::sum, Term::value, T, Out>);
    case ReduceOp::sum_squares:
      return over(accumulate<Combine::sum, Term::square, T, Out>);
    case ReduceOp::sum_abs:
      return over(accumulate<Combine::sum, Term::magnitude, T, Out>);
    case ReduceOp::prod:
      return over(accumulate<Combine::product, Term::value, T, Out>);
    case ReduceOp::any:  // of 0 and 1: the largest
      if (!flags) break;
      [[fallthrough]];
    case ReduceOp::max:
      return over(accumulate<Combine::max, Term::value, T, Out>);
    case ReduceOp::all:
      if (!flags) break;
      [[fallthrough]];
    case ReduceOp::min:
      return over(accumulate<Combine::min, Term::value, T, Out>);
    default:
      break;
  }
  throw_dtype("this reduction", x.dtype);
}

}  // namespace

void CudaBackend::reduce(ReduceOp op, View out, ConstView x, double param) {
  if (out.numel() == 0) return;
  const DeviceGuard guard(index_);
  const Slices slices = Slices::of(x.shape, x.strides, out.shape, out.strides);
  visit_dtype(x.dtype, [&](auto zero) {
    using T = decltype(zero);
    if constexpr (is_floating_v<T>)
      reduce_real<T>(op, slices, out, x, param);
    else if (out.dtype == x.dtype)
      reduce_whole<T, T>(op, slices, out, x);
    else
      reduce_whole<T, int64_t>(op, slices, out, x);
  });
}

void CudaBackend::arg_reduce(ArgReduceOp op, View out, ConstView x, int axis) {
  if (out.numel() == 0) return;
  const DeviceGuard guard(index_);
  Shape kept = x.shape;
  kept[axis] = 1;
  const Slices slices = Slices::of(x.shape, x.strides, kept, out.strides);
  visit_dtype(x.dtype, [&](auto zero) {
    using T = decltype(zero);
    launch_slices("arg_reduce", BestIndex<T>{op == ArgReduceOp::argmax}, slices,
                  schedule_slices(slices, false), x.as<T>(), out.as<int64_t>());
  });
}

}  // namespace infograd
