#include <infograd/backends/cpu/cpu_backend.h>
#include <infograd/backends/cpu/highway.h>
#include <infograd/core/allocator.h>
#include <infograd/core/parallel.h>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "infograd/backends/cpu/layer_norm.cpp"
#include <hwy/foreach_target.h>

#include <infograd/backends/cpu/reduce-inl.h>

HWY_BEFORE_NAMESPACE();
namespace infograd::HWY_NAMESPACE {
namespace {

template <class T>
HWY_INLINE void layer_norm(const LayerNormArgs& args, int64_t begin, int64_t end) {
  const int64_t n = args.x.shape[1];
  const hn::ScalableTag<T> d;
  const T *const weight = args.weight.as<T>(), *const bias = args.bias.as<T>();
  for (int64_t r = begin; r < end; ++r) {
    const T* const x = args.x.as<T>() + r * n;
    T* const y = args.y.as<T>() + r * n;
    const double mean = segment<SumOf>(x, n, T{0}) / static_cast<double>(n);
    const T m = static_cast<T>(mean);
    const double var = segment<SumOfSquaredDeviations>(x, n, m) / static_cast<double>(n);
    const double rstd = 1 / std::sqrt(var + args.eps);
    if (args.mean) args.mean.as<T>()[r] = m;
    if (args.rstd) args.rstd.as<T>()[r] = static_cast<T>(rstd);
    const auto scale = set(d, rstd), shift = hn::Set(d, m);
    for (int64_t i = 0; i < n; i += lanes(d)) {
      const int64_t k = n - i;
      const bool whole = k >= lanes(d);
      const auto load = [&](const T* p)
                            HWY_ATTR { return whole ? hn::LoadU(d, p + i) : load_tail(d, p + i, k); };
      auto v = hn::Mul(hn::Sub(load(x), shift), scale);
      if (weight != nullptr) v = hn::Mul(v, load(weight));
      if (bias != nullptr) v = hn::Add(v, load(bias));
      if (whole)
        hn::StoreU(v, d, y + i);
      else
        store_tail(v, d, y + i, k);
    }
  }
}

/// Rows [begin, end): writes dx, adds into dweight and dbias (double, n each).
template <class T>
HWY_INLINE void layer_norm_grad(const LayerNormGradArgs& args, int64_t begin, int64_t end, double* dweight,
                                double* dbias) {
  const int64_t n = args.x.shape[1];
  const hn::ScalableTag<T> d;
  const T* const weight = args.weight.as<T>();
  for (int64_t r = begin; r < end; ++r) {
    const T *const x = args.x.as<T>() + r * n, *const dy = args.dy.as<T>() + r * n;
    const T mean = args.mean.as<T>()[r], rstd = args.rstd.as<T>()[r];
    const auto m = hn::Set(d, mean), s = hn::Set(d, rstd);
    auto sum = hn::Zero(d), projection = hn::Zero(d);
    for (int64_t i = 0; i < n; i += lanes(d)) {
      const int64_t k = std::min(lanes(d), n - i);
      const bool whole = k == lanes(d);
      const auto load = [&](const T* p)
                            HWY_ATTR { return whole ? hn::LoadU(d, p + i) : load_tail(d, p + i, k); };
      const auto g = load(dy);
      const auto weighted = weight != nullptr ? hn::Mul(g, load(weight)) : g;
      const auto normalized = hn::Mul(hn::Sub(load(x), m), s);
      sum = hn::Add(sum, weighted);
      projection = hn::MulAdd(weighted, normalized, projection);
      if (dweight == nullptr) continue;
      HWY_ALIGN T gs[hn::MaxLanes(d)], gx[hn::MaxLanes(d)];
      hn::Store(g, d, gs);
      hn::Store(hn::Mul(g, normalized), d, gx);
      for (int64_t j = 0; j < k; ++j) {
        dbias[i + j] += static_cast<double>(gs[j]);
        dweight[i + j] += static_cast<double>(gx[j]);
      }
    }
    if (!args.dx) continue;
    T* const dx = args.dx.as<T>() + r * n;
    const double by_n = 1 / static_cast<double>(n);
    const auto a = set(d, static_cast<double>(hn::GetLane(hn::SumOfLanes(d, sum))) * by_n);
    const auto b = set(d, static_cast<double>(hn::GetLane(hn::SumOfLanes(d, projection))) * by_n);
    for (int64_t i = 0; i < n; i += lanes(d)) {
      const int64_t k = n - i;
      const bool whole = k >= lanes(d);
      const auto load = [&](const T* p)
                            HWY_ATTR { return whole ? hn::LoadU(d, p + i) : load_tail(d, p + i, k); };
      const auto g = weight != nullptr ? hn::Mul(load(dy), load(weight)) : load(dy);
      const auto normalized = hn::Mul(hn::Sub(load(x), m), s);
      const auto v = hn::Mul(s, hn::Sub(g, hn::MulAdd(normalized, b, a)));
      if (whole)
        hn::StoreU(v, d, dx + i);
      else
        store_tail(v, d, dx + i, k);
    }
  }
}

void layer_norm_f32(const LayerNormArgs& args, int64_t begin, int64_t end) {
  layer_norm<float>(args, begin, end);
}
void layer_norm_f64(const LayerNormArgs& args, int64_t begin, int64_t end) {
  layer_norm<double>(args, begin, end);
}
void layer_norm_grad_f32(const LayerNormGradArgs& args, int64_t begin, int64_t end, double* dweight,
                         double* dbias) {
  layer_norm_grad<float>(args, begin, end, dweight, dbias);
}
void layer_norm_grad_f64(const LayerNormGradArgs& args, int64_t begin, int64_t end, double* dweight,
                         double* dbias) {
  layer_norm_grad<double>(args, begin, end, dweight, dbias);
}

}  // namespace
}  // namespace infograd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace infograd {
namespace {

HWY_EXPORT(layer_norm_f32);
HWY_EXPORT(layer_norm_f64);
HWY_EXPORT(layer_norm_grad_f32);
HWY_EXPORT(layer_norm_grad_f64);

bool dense(const ConstView& v) {
  return !v || v.is_contiguous();
}

template <class T>
void store(const View& out, const double* sums, int64_t n) {
  if (!out) return;
  for (int64_t i = 0; i < n; ++i) out.as<T>()[i] = static_cast<T>(sums[i]);
}

}  // namespace

void CpuBackend::layer_norm(const LayerNormArgs& args) {
  const int64_t rows = args.x.shape[0], n = args.x.shape[1];
  const bool f64 = args.x.dtype == DType::f64;
  if ((args.x.dtype != DType::f32 && !f64) || rows * n == 0 || !dense(args.weight) || !dense(args.bias))
    return ReferenceBackend::layer_norm(args);
  parallel_for(rows, std::max<int64_t>(1, kParallelGrain / n), [&](int64_t begin, int64_t end) {
    if (f64)
      HWY_DYNAMIC_DISPATCH(layer_norm_f64)(args, begin, end);
    else
      HWY_DYNAMIC_DISPATCH(layer_norm_f32)(args, begin, end);
  });
}

void CpuBackend::layer_norm_grad(const LayerNormGradArgs& args) {
  const int64_t rows = args.x.shape[0], n = args.x.shape[1];
  const bool f64 = args.x.dtype == DType::f64;
  if ((args.x.dtype != DType::f32 && !f64) || rows * n == 0 || !dense(args.weight) || !dense(args.dweight) ||
      !dense(args.dbias) || !args.dy.is_contiguous() || !dense(args.dx))
    return ReferenceBackend::layer_norm_grad(args);
  // Chunks of rows sum into their own part; the parts are added in order.
  const bool affine = args.dweight || args.dbias;
  const int64_t grain = std::max<int64_t>(16, kParallelGrain / n), chunks = (rows + grain - 1) / grain;
  const memory::Scratch scratch(affine ? static_cast<size_t>(chunks * 2 * n) * sizeof(double) : 0);
  double* const parts = affine ? scratch.as<double>() : nullptr;
  parallel_for(rows, grain, [&](int64_t begin, int64_t end) {
    double* const mine = affine ? parts + begin / grain * 2 * n : nullptr;
    if (affine) std::fill_n(mine, 2 * n, 0.0);
    double* const bias = affine ? mine + n : nullptr;
    if (f64)
      HWY_DYNAMIC_DISPATCH(layer_norm_grad_f64)(args, begin, end, mine, bias);
    else
      HWY_DYNAMIC_DISPATCH(layer_norm_grad_f32)(args, begin, end, mine, bias);
  });
  if (!affine) return;
  for (int64_t c = 1; c < chunks; ++c)
    for (int64_t i = 0; i < 2 * n; ++i) parts[i] += parts[c * 2 * n + i];
  if (f64) {
    store<double>(args.dweight, parts, n);
    store<double>(args.dbias, parts + n, n);
  } else {
    store<float>(args.dweight, parts, n);
    store<float>(args.dbias, parts + n, n);
  }
}

}  // namespace infograd
#endif  // HWY_ONCE
