#include <vector>

#include <infograd/backends/cpu/cpu_backend.h>
#include <infograd/backends/cpu/highway.h>
#include <infograd/backends/cpu/loops.h>
#include <infograd/backends/cpu/optimizer_steps.h>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "infograd/backends/cpu/optimizers.cpp"
#include <hwy/foreach_target.h>

#include <infograd/backends/cpu/simd-inl.h>

HWY_BEFORE_NAMESPACE();
namespace infograd::HWY_NAMESPACE {
namespace {

template <class T>
HWY_INLINE void adam(T* param, const T* grad, T* m_of, T* v_of, int64_t n, const AdamStep& step) {
  const hn::ScalableTag<T> d;
  using V = hn::Vec<decltype(d)>;
  const V beta1 = set(d, step.beta1), beta2 = set(d, step.beta2), rest1 = set(d, 1 - step.beta1),
          rest2 = set(d, 1 - step.beta2), scale = set(d, step.grad_scale), decay = set(d, step.weight_decay),
          keep = set(d, step.keep), rate = set(d, step.rate), root = set(d, step.root),
          eps = set(d, step.eps);
  const auto update = [&](V& p, V g, V& m, V& v) HWY_ATTR {
    g = hn::MulAdd(decay, p, hn::Mul(g, scale));
    m = hn::MulAdd(beta1, m, hn::Mul(rest1, g));
    v = hn::MulAdd(beta2, v, hn::Mul(hn::Mul(rest2, g), g));
    const V denominator = hn::MulAdd(hn::Sqrt(v), root, eps);
    p = hn::NegMulAdd(rate, hn::Div(m, denominator), hn::Mul(keep, p));
  };
  int64_t i = 0;
  for (; i + lanes(d) <= n; i += lanes(d)) {
    V p = hn::LoadU(d, param + i), m = hn::LoadU(d, m_of + i), v = hn::LoadU(d, v_of + i);
    update(p, hn::LoadU(d, grad + i), m, v);
    hn::StoreU(m, d, m_of + i);
    hn::StoreU(v, d, v_of + i);
    hn::StoreU(p, d, param + i);
  }
  if (i < n) {
    const int64_t k = n - i;
    V p = load_tail(d, param + i, k), m = load_tail(d, m_of + i, k), v = load_tail(d, v_of + i, k);
    update(p, load_tail(d, grad + i, k), m, v);
    store_tail(m, d, m_of + i, k);
    store_tail(v, d, v_of + i, k);
    store_tail(p, d, param + i, k);
  }
}

/// `buffer` is null without momentum.
template <class T>
HWY_INLINE void sgd(T* param, const T* grad, T* buffer, int64_t n, const SgdStep& step) {
  const T lr = static_cast<T>(step.lr), momentum = static_cast<T>(step.momentum),
          fresh = static_cast<T>(step.fresh), decay = static_cast<T>(step.weight_decay),
          scale = static_cast<T>(step.grad_scale);
  if (buffer == nullptr) {
    for (int64_t i = 0; i < n; ++i) param[i] -= lr * (grad[i] * scale + decay * param[i]);
  } else if (step.nesterov) {
    for (int64_t i = 0; i < n; ++i) {
      const T g = grad[i] * scale + decay * param[i];
      buffer[i] = momentum * buffer[i] + fresh * g;
      param[i] -= lr * (g + momentum * buffer[i]);
    }
  } else {
    for (int64_t i = 0; i < n; ++i) {
      buffer[i] = momentum * buffer[i] + fresh * (grad[i] * scale + decay * param[i]);
      param[i] -= lr * buffer[i];
    }
  }
}

void adam_f32(float* p, const float* g, float* m, float* v, int64_t n, const AdamStep& step) {
  adam(p, g, m, v, n, step);
}
void adam_f64(double* p, const double* g, double* m, double* v, int64_t n, const AdamStep& step) {
  adam(p, g, m, v, n, step);
}
void sgd_f32(float* p, const float* g, float* buffer, int64_t n, const SgdStep& step) {
  sgd(p, g, buffer, n, step);
}
void sgd_f64(double* p, const double* g, double* buffer, int64_t n, const SgdStep& step) {
  sgd(p, g, buffer, n, step);
}

}  // namespace
}  // namespace infograd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace infograd {
namespace {

HWY_EXPORT(adam_f32);
HWY_EXPORT(adam_f64);
HWY_EXPORT(sgd_f32);
HWY_EXPORT(sgd_f64);

/// Elements per task of the one parallel region that serves a whole list.
constexpr int64_t kChunk = 16384;

/// f32 or f64 throughout, and one run of memory walked in the same order by every view.
template <size_t K>
bool plain(const std::array<ConstView, K>& views) {
  std::array<const Strides*, static_cast<int>(K)> strides{};
  for (size_t k = 0; k < K; ++k) {
    if (views[k].dtype != views[0].dtype) return false;
    strides[k] = &views[k].strides;
  }
  if (views[0].dtype != DType::f32 && views[0].dtype != DType::f64) return false;
  const auto loop = collapse<static_cast<int>(K)>(views[0].shape, strides);
  bool one_run = loop.rank == 1;
  for (size_t k = 0; one_run && k < K; ++k)
    one_run = loop.numel == 1 || loop.inner_stride(static_cast<int>(k)) == 1;
  return one_run;
}

/// f(item, begin, end) for chunks of all items, by all threads.
template <class Item, class F>
void for_each_chunk(const std::vector<const Item*>& items, F&& f) {
  static thread_local std::vector<int64_t> kept;
  std::vector<int64_t>& first_chunk = kept;  // a reference: the workers must see the caller's
  first_chunk.assign(1, 0);
  for (const Item* item : items)
    first_chunk.push_back(first_chunk.back() + (item->param.numel() + kChunk - 1) / kChunk);
  int64_t elements = 0;
  for (const Item* item : items) elements += item->param.numel();
  const int64_t chunks = first_chunk.back();
  const int64_t grain = elements <= kParallelGrain ? chunks : 1;
  parallel_for(chunks, std::max<int64_t>(1, grain), [&](int64_t begin, int64_t end) {
    auto which = std::upper_bound(first_chunk.begin(), first_chunk.end(), begin) - first_chunk.begin() - 1;
    for (int64_t chunk = begin; chunk < end; ++chunk) {
      while (first_chunk[static_cast<size_t>(which) + 1] <= chunk) ++which;
      const Item& item = *items[static_cast<size_t>(which)];
      const int64_t start = (chunk - first_chunk[static_cast<size_t>(which)]) * kChunk;
      f(item, start, std::min(item.param.numel(), start + kChunk));
    }
  });
}

}  // namespace

void CpuBackend::adam_step(const AdamArgs& args) {
  static thread_local std::vector<const AdamItem*>
      kept;  // keeps its capacity: a steady step allocates nothing
  std::vector<const AdamItem*>& items = kept;
  items.clear();
  for (const AdamItem& item : args.items) {
    if (plain<4>({item.param, item.grad, item.m, item.v})) {
      items.push_back(&item);
    } else {
      AdamArgs one = args;
      one.items = {&item, 1};
      ReferenceBackend::adam_step(one);
    }
  }
  const auto t = static_cast<double>(args.step);
  const AdamStep step{.beta1 = args.beta1,
                      .beta2 = args.beta2,
                      .grad_scale = args.grad_scale,
                      .weight_decay = args.decoupled ? 0 : args.weight_decay,
                      .keep = args.decoupled ? 1 - args.lr * args.weight_decay : 1,
                      .rate = args.lr / (1 - std::pow(args.beta1, t)),
                      .root = 1 / std::sqrt(1 - std::pow(args.beta2, t)),
                      .eps = args.eps};
  for_each_chunk(items, [&](const AdamItem& item, int64_t begin, int64_t end) {
    if (item.param.dtype == DType::f32) {
      HWY_DYNAMIC_DISPATCH(adam_f32)
      (item.param.as<float>() + begin, item.grad.as<float>() + begin, item.m.as<float>() + begin,
       item.v.as<float>() + begin, end - begin, step);
    } else {
      HWY_DYNAMIC_DISPATCH(adam_f64)
      (item.param.as<double>() + begin, item.grad.as<double>() + begin, item.m.as<double>() + begin,
       item.v.as<double>() + begin, end - begin, step);
    }
  });
}

void CpuBackend::sgd_step(const SgdArgs& args) {
  static thread_local std::vector<const SgdItem*>
      kept;  // keeps its capacity: a steady step allocates nothing
  std::vector<const SgdItem*>& items = kept;
  items.clear();
  for (const SgdItem& item : args.items) {
    if (item.momentum ? plain<3>({item.param, item.grad, item.momentum})
                      : plain<2>({item.param, item.grad})) {
      items.push_back(&item);
    } else {
      SgdArgs one = args;
      one.items = {&item, 1};
      ReferenceBackend::sgd_step(one);
    }
  }
  const SgdStep step{.lr = args.lr,
                     .momentum = args.momentum,
                     .fresh = args.first_step ? 1 : 1 - args.dampening,
                     .weight_decay = args.weight_decay,
                     .grad_scale = args.grad_scale,
                     .nesterov = args.nesterov};
  for_each_chunk(items, [&](const SgdItem& item, int64_t begin, int64_t end) {
    if (item.param.dtype == DType::f32) {
      HWY_DYNAMIC_DISPATCH(sgd_f32)
      (item.param.as<float>() + begin, item.grad.as<float>() + begin,
       item.momentum ? item.momentum.as<float>() + begin : nullptr, end - begin, step);
    } else {
      HWY_DYNAMIC_DISPATCH(sgd_f64)
      (item.param.as<double>() + begin, item.grad.as<double>() + begin,
       item.momentum ? item.momentum.as<double>() + begin : nullptr, end - begin, step);
    }
  });
}

}  // namespace infograd
#endif  // HWY_ONCE
