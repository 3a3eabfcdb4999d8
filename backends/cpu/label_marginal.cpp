// Two passes over the logits forward and two over each row backward. Rows go in blocks whose number depends
// on their count alone; a block keeps a maximum and a sum per class, and the blocks are combined in double.
#include <infograd/backends/cpu/cpu_backend.h>
#include <infograd/backends/cpu/highway.h>
#include <infograd/core/allocator.h>
#include <infograd/core/parallel.h>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "infograd/backends/cpu/label_marginal.cpp"
#include <hwy/foreach_target.h>

#include <infograd/backends/cpu/reduce-inl.h>

HWY_BEFORE_NAMESPACE();
namespace infograd::HWY_NAMESPACE {
namespace {

template <class T>
T finite_or_zero(T x) {
  return std::isinf(x) && x < 0 ? T{0} : x;
}

/// z - lse of one row, the two parts of lse taken off one after the other.
template <class T>
struct LogSoftmax {
  T top, log_sum;
  LogSoftmax(const LabelMarginalArgs& args, int64_t r)
      : top(args.lse.as<T>()[r]), log_sum(args.lse.as<T>()[args.logits.shape[0] + r]) {}
  T operator()(T z) const { return (z - top) - log_sum; }
  template <class D, class V>
  HWY_INLINE V operator()(D d, V z) const {
    return hn::Sub(hn::Sub(z, set(d, top)), set(d, log_sum));
  }
};

template <class T>
struct LargestOf {  // max(m, l)
  LogSoftmax<T> l;
  template <class D, class V>
  HWY_INLINE V operator()(D d, V m, V z) const {
    return hn::Max(m, l(d, z));
  }
};
template <class T>
struct AddExp {  // s + e^(l - m)
  LogSoftmax<T> l;
  template <class D, class V>
  HWY_INLINE V operator()(D d, V s, V z, V m) const {
    return hn::Add(s, exp(d, hn::Sub(l(d, z), m)));
  }
};

/// Log-probabilities of the labels of rows [begin, end); per class the largest l and the sum of e^(l -
/// largest).
template <class T>
HWY_INLINE void label_marginal(const LabelMarginalArgs& args, T* largest, T* sum, int64_t begin,
                               int64_t end) {
  const int64_t rows = args.logits.shape[0], classes = args.logits.shape[1];
  const T* const logits = args.logits.as<T>();
  T* const lse = args.lse.as<T>();
  std::fill_n(largest, classes, -std::numeric_limits<T>::infinity());
  std::fill_n(sum, classes, T{0});
  for (int64_t r = begin; r < end; ++r) {
    const T* const z = logits + r * classes;
    const T top = finite_or_zero(static_cast<T>(segment<Largest>(z, classes, T{0})));
    lse[r] = top;
    lse[rows + r] = finite_or_zero(static_cast<T>(std::log(segment<SumOfExp>(z, classes, top))));
    const LogSoftmax<T> l(args, r);
    args.out.as<T>()[r] = l(z[args.labels.as<int64_t>()[r]]);
    map(largest, classes, LargestOf<T>{l}, largest, z);
  }
  for (int64_t c = 0; c < classes; ++c) largest[c] = finite_or_zero(largest[c]);
  for (int64_t r = begin; r < end; ++r)
    map(sum, classes, AddExp<T>{LogSoftmax<T>(args, r)}, sum, logits + r * classes, largest);
}

template <class T>
struct Pull {  // w e^(l - marginal)
  LogSoftmax<T> l;
  template <class D, class V>
  HWY_INLINE V operator()(D d, V z, V marginal, V w) const {
    return hn::Mul(w, exp(d, hn::Sub(l(d, z), marginal)));
  }
};
template <class T>
struct MinusShare {  // a - total e^l
  LogSoftmax<T> l;
  T total;
  template <class D, class V>
  HWY_INLINE V operator()(D d, V a, V z) const {
    return hn::NegMulAdd(set(d, total), exp(d, l(d, z)), a);
  }
};

/// Rows [begin, end), with L (0 in place of -inf) and g / N per class.
template <class T>
HWY_INLINE void label_marginal_grad(const LabelMarginalArgs& args, const T* marginal, const T* weight,
                                    int64_t begin, int64_t end) {
  const int64_t classes = args.logits.shape[1];
  for (int64_t r = begin; r < end; ++r) {
    const T* const z = args.logits.as<T>() + r * classes;
    T* const dz = args.dlogits.as<T>() + r * classes;
    const LogSoftmax<T> l(args, r);
    map(dz, classes, Pull<T>{l}, z, marginal, weight);
    dz[args.labels.as<int64_t>()[r]] += args.grad.as<T>()[r];
    const T total = static_cast<T>(segment<SumOf>(dz, classes, T{0}));
    map(dz, classes, MinusShare<T>{l, total}, dz, z);
  }
}

void label_marginal_f32(const LabelMarginalArgs& args, float* largest, float* sum, int64_t begin,
                        int64_t end) {
  label_marginal<float>(args, largest, sum, begin, end);
}
void label_marginal_f64(const LabelMarginalArgs& args, double* largest, double* sum, int64_t begin,
                        int64_t end) {
  label_marginal<double>(args, largest, sum, begin, end);
}
void label_marginal_grad_f32(const LabelMarginalArgs& args, const float* marginal, const float* weight,
                             int64_t begin, int64_t end) {
  label_marginal_grad<float>(args, marginal, weight, begin, end);
}
void label_marginal_grad_f64(const LabelMarginalArgs& args, const double* marginal, const double* weight,
                             int64_t begin, int64_t end) {
  label_marginal_grad<double>(args, marginal, weight, begin, end);
}

}  // namespace
}  // namespace infograd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace infograd {
namespace {

HWY_EXPORT(label_marginal_f32);
HWY_EXPORT(label_marginal_f64);
HWY_EXPORT(label_marginal_grad_f32);
HWY_EXPORT(label_marginal_grad_f64);

constexpr int64_t kBlockRows = 128;  // f32 sums of 128 terms lose nothing that matters

bool dense(const LabelMarginalArgs& args) {
  const auto ok = [](const ConstView& v) { return !v || v.is_contiguous(); };
  return (args.logits.dtype == DType::f32 || args.logits.dtype == DType::f64) && args.logits.numel() > 0 &&
         ok(args.logits) && ok(args.labels) && ok(args.out) && ok(args.lse) && ok(args.grad) &&
         ok(args.dlogits);
}

template <class T, class Kernel>
void forward(const LabelMarginalArgs& args, const Kernel& kernel) {
  const int64_t rows = args.logits.shape[0], classes = args.logits.shape[1];
  const int64_t blocks = (rows + kBlockRows - 1) / kBlockRows;
  const memory::Scratch memory(static_cast<size_t>(2 * blocks * classes) * sizeof(T));
  T* const largest = memory.as<T>();
  T* const sum = largest + blocks * classes;
  parallel_for(rows, kBlockRows, [&](int64_t begin, int64_t end) {
    for (int64_t at = begin; at < end; at += kBlockRows) {
      const int64_t block = at / kBlockRows * classes;
      kernel(args, largest + block, sum + block, at, std::min(at + kBlockRows, end));
    }
  });
  T* const marginal = args.out.as<T>() + rows;
  for (int64_t c = 0; c < classes; ++c) {
    double top = -std::numeric_limits<double>::infinity(), total = 0;
    for (int64_t b = 0; b < blocks; ++b)
      if (sum[b * classes + c] > 0) top = std::max(top, static_cast<double>(largest[b * classes + c]));
    for (int64_t b = 0; b < blocks; ++b)
      if (sum[b * classes + c] > 0)
        total += static_cast<double>(sum[b * classes + c]) *
                 std::exp(static_cast<double>(largest[b * classes + c]) - top);
    marginal[c] =
        static_cast<T>(total > 0 ? top + std::log(total) - std::log(static_cast<double>(rows)) : top);
  }
}

template <class T, class Kernel>
void backward(const LabelMarginalArgs& args, const Kernel& kernel) {
  const int64_t rows = args.logits.shape[0], classes = args.logits.shape[1];
  const memory::Scratch memory(static_cast<size_t>(2 * classes) * sizeof(T));
  T* const marginal = memory.as<T>();
  T* const weight = marginal + classes;
  for (int64_t c = 0; c < classes; ++c) {
    const T given = args.out.as<T>()[rows + c];
    marginal[c] = std::isinf(given) && given < 0 ? T{0} : given;
    weight[c] = args.grad.as<T>()[rows + c] / static_cast<T>(rows);
  }
  const int64_t grain = std::max<int64_t>(1, kParallelGrain / 4 / classes);
  parallel_for(rows, grain, [&](int64_t begin, int64_t end) { kernel(args, marginal, weight, begin, end); });
}

}  // namespace

void CpuBackend::label_marginal(const LabelMarginalArgs& args) {
  if (!dense(args)) return ReferenceBackend::label_marginal(args);
  if (args.logits.dtype == DType::f32)
    forward<float>(args, [](const auto&... a) { HWY_DYNAMIC_DISPATCH(label_marginal_f32)(a...); });
  else
    forward<double>(args, [](const auto&... a) { HWY_DYNAMIC_DISPATCH(label_marginal_f64)(a...); });
}

void CpuBackend::label_marginal_grad(const LabelMarginalArgs& args) {
  if (!dense(args)) return ReferenceBackend::label_marginal_grad(args);
  if (args.logits.dtype == DType::f32)
    backward<float>(args, [](const auto&... a) { HWY_DYNAMIC_DISPATCH(label_marginal_grad_f32)(a...); });
  else
    backward<double>(args, [](const auto&... a) { HWY_DYNAMIC_DISPATCH(label_marginal_grad_f64)(a...); });
}

}  // namespace infograd
#endif  // HWY_ONCE
