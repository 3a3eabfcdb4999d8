#include <infograd/backends/cpu/cpu_backend.h>
#include <infograd/backends/cpu/highway.h>
#include <infograd/core/parallel.h>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "infograd/backends/cpu/cross_entropy.cpp"
#include <hwy/foreach_target.h>

#include <infograd/backends/cpu/reduce-inl.h>

HWY_BEFORE_NAMESPACE();
namespace infograd::HWY_NAMESPACE {
namespace {

/// loss = (1 - s) w_y (lse - z_y) + s / C sum_c w_c (lse - z_c).
template <class T>
HWY_INLINE void cross_entropy(const CrossEntropyArgs& args, int64_t begin, int64_t end) {
  const int64_t classes = args.logits.shape[1];
  const T* const weight = args.weight.as<T>();
  const double spread = args.smoothing / static_cast<double>(classes);
  for (int64_t r = begin; r < end; ++r) {
    const T* const z = args.logits.as<T>() + r * classes;
    double largest = segment<Largest>(z, classes, T{0});
    if (std::isinf(largest)) largest = 0;
    const double lse = largest + std::log(segment<SumOfExp>(z, classes, static_cast<T>(largest)));
    if (args.lse) args.lse.as<double>()[r] = lse;
    const int64_t label = args.labels.as<int64_t>()[r];
    double loss = 0;
    if (label != args.ignore_index) {
      const double w = weight != nullptr ? static_cast<double>(weight[label]) : 1;
      loss = (1 - args.smoothing) * w * (lse - static_cast<double>(z[label]));
      for (int64_t c = 0; c < classes && spread > 0; ++c)
        loss += spread * (weight != nullptr ? static_cast<double>(weight[c]) : 1) *
                (lse - static_cast<double>(z[c]));
    }
    args.loss.as<T>()[r] = static_cast<T>(loss);
  }
}

template <class T>
struct Probability {  // e^(z - lse), with lse as a sum of two: one T would cost the digits of large logits
  T lse, rest;
  explicit Probability(double exact) : lse(static_cast<T>(exact)), rest(0) {
    if (!std::isinf(lse)) rest = static_cast<T>(exact - static_cast<double>(lse));
    if (std::isinf(lse) && lse < 0) lse = 0;  // all masked: e^(-inf - 0) = 0
  }
  template <class D, class V>
  HWY_INLINE V operator()(D d, V z) const {
    return exp(d, hn::Sub(hn::Sub(z, set(d, lse)), set(d, rest)));
  }
};
template <class T>
struct CrossEntropyGrad {  // a p - b
  Probability<T> p;
  T a, b;
  template <class D, class V>
  HWY_INLINE V operator()(D d, V z) const {
    return hn::MulSub(set(d, a), p(d, z), set(d, b));
  }
};
template <class T>
struct CrossEntropyGradWeighted {  // a p - b w
  Probability<T> p;
  T a, b;
  template <class D, class V>
  HWY_INLINE V operator()(D d, V z, V w) const {
    return hn::NegMulAdd(set(d, b), w, hn::Mul(set(d, a), p(d, z)));
  }
};

template <class T>
HWY_INLINE void cross_entropy_grad(const CrossEntropyArgs& args, int64_t begin, int64_t end) {
  const int64_t classes = args.logits.shape[1];
  const T* const weight = args.weight.as<T>();
  const double spread = args.smoothing / static_cast<double>(classes);
  const double total =
      weight != nullptr ? segment<SumOf>(weight, classes, T{0}) : static_cast<double>(classes);
  for (int64_t r = begin; r < end; ++r) {
    const T* const z = args.logits.as<T>() + r * classes;
    T* const dz = args.dlogits.as<T>() + r * classes;
    const int64_t label = args.labels.as<int64_t>()[r];
    if (label == args.ignore_index) {
      std::fill_n(dz, classes, T{0});
      continue;
    }
    const double g = static_cast<double>(args.grad.as<T>()[r * args.grad.strides[0]]);
    const double on_label =
        (1 - args.smoothing) * (weight != nullptr ? static_cast<double>(weight[label]) : 1);
    const T a = static_cast<T>(g * (on_label + spread * total)), b = static_cast<T>(g * spread);
    const Probability<T> p(args.lse.as<double>()[r]);
    if (weight != nullptr)
      map(dz, classes, CrossEntropyGradWeighted<T>{p, a, b}, z, weight);
    else
      map(dz, classes, CrossEntropyGrad<T>{p, a, b}, z);
    dz[label] -= static_cast<T>(g * on_label);
  }
}

void cross_entropy_f32(const CrossEntropyArgs& args, int64_t begin, int64_t end) {
  cross_entropy<float>(args, begin, end);
}
void cross_entropy_f64(const CrossEntropyArgs& args, int64_t begin, int64_t end) {
  cross_entropy<double>(args, begin, end);
}
void cross_entropy_grad_f32(const CrossEntropyArgs& args, int64_t begin, int64_t end) {
  cross_entropy_grad<float>(args, begin, end);
}
void cross_entropy_grad_f64(const CrossEntropyArgs& args, int64_t begin, int64_t end) {
  cross_entropy_grad<double>(args, begin, end);
}

}  // namespace
}  // namespace infograd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace infograd {
namespace {

HWY_EXPORT(cross_entropy_f32);
HWY_EXPORT(cross_entropy_f64);
HWY_EXPORT(cross_entropy_grad_f32);
HWY_EXPORT(cross_entropy_grad_f64);

/// All but the row gradients, which may repeat one value.
bool dense(const CrossEntropyArgs& args) {
  const auto ok = [](const ConstView& v) { return !v || v.is_contiguous(); };
  return (args.logits.dtype == DType::f32 || args.logits.dtype == DType::f64) && args.logits.numel() > 0 &&
         ok(args.logits) && ok(args.labels) && ok(args.weight) && ok(args.loss) && ok(args.lse) &&
         ok(args.dlogits);
}
int64_t row_grain(const CrossEntropyArgs& args) {
  return std::max<int64_t>(1, kParallelGrain / 4 / args.logits.shape[1]);
}

}  // namespace

void CpuBackend::cross_entropy(const CrossEntropyArgs& args) {
  if (!dense(args)) return ReferenceBackend::cross_entropy(args);
  parallel_for(args.logits.shape[0], row_grain(args), [&](int64_t begin, int64_t end) {
    if (args.logits.dtype == DType::f32)
      HWY_DYNAMIC_DISPATCH(cross_entropy_f32)(args, begin, end);
    else
      HWY_DYNAMIC_DISPATCH(cross_entropy_f64)(args, begin, end);
  });
}

void CpuBackend::cross_entropy_grad(const CrossEntropyArgs& args) {
  if (!dense(args)) return ReferenceBackend::cross_entropy_grad(args);
  parallel_for(args.logits.shape[0], row_grain(args), [&](int64_t begin, int64_t end) {
    if (args.logits.dtype == DType::f32)
      HWY_DYNAMIC_DISPATCH(cross_entropy_grad_f32)(args, begin, end);
    else
      HWY_DYNAMIC_DISPATCH(cross_entropy_grad_f64)(args, begin, end);
  });
}

}  // namespace infograd
#endif  // HWY_ONCE
