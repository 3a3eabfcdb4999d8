// Chunks of columns: a product gives y, one vector pass turns it into the weights and their sums while it is
// in cache, a second product adds x weight^T. One exponential and one division per element.
#include <infograd/backends/cpu/blas.h>
#include <infograd/backends/cpu/highway.h>
#include <infograd/backends/cpu/population_row.h>
#include <infograd/backends/cpu/worker_scratch.h>
#include <infograd/backends/population_pass.h>
#include <infograd/core/allocator.h>
#include <infograd/core/parallel.h>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "infograd/backends/cpu/population_pass.cpp"
#include <hwy/foreach_target.h>

#include <infograd/backends/cpu/vector_math-inl.h>

HWY_BEFORE_NAMESPACE();
namespace infograd::HWY_NAMESPACE {
namespace {

/// Overwrites y [n] with the weights and adds to the sums. log1p(e) is added up as the logarithm of a
/// product of (1 + e) <= 2: one logarithm for many elements.
template <class T>
HWY_INLINE void population_row(T* y, int64_t n, PopulationRow& row) {
  constexpr int64_t kFactors = 64;
  const hn::ScalableTag<T> d;
  const auto beta = set(d, row.beta), bias = set(d, row.bias), gain = set(d, row.gain), one = set(d, 1),
             minus_beta = set(d, -row.beta);
  auto sum_u = hn::Zero(d), sum_log = hn::Zero(d), sum_phi = hn::Zero(d), sum_tanh = hn::Zero(d);
  for (int64_t at = 0; at < n;) {
    const int64_t stop = std::min(n, at + kFactors * lanes(d));
    auto product = one;
    for (; at < stop; at += lanes(d)) {
      const int64_t rest = n - at;
      const bool whole = rest >= lanes(d);
      const auto u = hn::MulAdd(beta, whole ? hn::LoadU(d, y + at) : load_tail(d, y + at, rest), bias);
      auto size = hn::Abs(u), e = exp(d, hn::Neg(size));
      const auto inverse = hn::Div(one, hn::Add(one, e));
      auto t = hn::CopySign(hn::Mul(hn::Sub(one, e), inverse), u);
      auto phi = hn::Mul(gain, hn::Mul(e, hn::Mul(inverse, inverse)));
      const auto log_slope = hn::Mul(minus_beta, t);
      const auto weight = row.slope ? hn::Mul(phi, log_slope) : log_slope;
      if (whole) {
        hn::StoreU(weight, d, y + at);
      } else {
        store_tail(weight, d, y + at, rest);
        const auto inside = hn::FirstN(d, static_cast<size_t>(rest));
        size = hn::IfThenElseZero(inside, size), e = hn::IfThenElseZero(inside, e);
        t = hn::IfThenElseZero(inside, t), phi = hn::IfThenElseZero(inside, phi);
      }
      product = hn::MulAdd(product, e, product);
      sum_u = hn::Add(sum_u, size);
      sum_phi = hn::Add(sum_phi, phi);
      sum_tanh = hn::Add(sum_tanh, t);
    }
    sum_log = hn::Add(sum_log, hn::Log(d, product));
  }
  const auto total = [&](auto v) { return static_cast<double>(hn::GetLane(hn::SumOfLanes(d, v))); };
  row.log_phi += static_cast<double>(n) * std::log(row.gain) - total(sum_u) - 2 * total(sum_log);
  row.phi += total(sum_phi);
  row.tanh += total(sum_tanh);
}

void population_row_f32(float* y, int64_t n, PopulationRow& row) {
  population_row(y, n, row);
}
void population_row_f64(double* y, int64_t n, PopulationRow& row) {
  population_row(y, n, row);
}

}  // namespace
}  // namespace infograd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace infograd {
namespace {

HWY_EXPORT(population_row_f32);
HWY_EXPORT(population_row_f64);

void population_row(float* y, int64_t n, PopulationRow& row) {
  HWY_DYNAMIC_DISPATCH(population_row_f32)(y, n, row);
}
void population_row(double* y, int64_t n, PopulationRow& row) {
  HWY_DYNAMIC_DISPATCH(population_row_f64)(y, n, row);
}

/// At most this many private accumulators, whatever M is.
constexpr int64_t kGroups = 32;

template <class T>
class Pass {
 public:
  explicit Pass(const PopulationPass& pass)
      : pass_(pass),
        k0_(pass.filters.shape[0]),
        k1_(pass.filters.shape[1]),
        m_(pass.data.shape[1]),
        chunk_(std::clamp<int64_t>(pass.chunk, 1, m_)) {}

  void run() const {
    const int64_t chunks = (m_ + chunk_ - 1) / chunk_, size = (k0_ + 3) * k1_;
    // Two groups at least: inside a parallel region BLAS stays on one thread, which fixes its order of sums.
    const int64_t groups = std::clamp<int64_t>(chunks, 2, kGroups);
    const memory::Scratch memory(static_cast<size_t>(groups * size) * sizeof(double));
    double* const partial = memory.as<double>();
    WorkerScratch scratch(static_cast<size_t>(k1_ * chunk_ + (kSingle ? k0_ * k1_ : 0)) * sizeof(T));
    parallel_for(groups, 1, [&](int64_t begin, int64_t end) {
      const WorkerScratch::Lease y(scratch);
      for (int64_t g = begin; g < end; ++g)
        accumulate(partial + g * size, g * chunks / groups, (g + 1) * chunks / groups, y.as<T>());
    });
    parallel_for(size, kParallelGrain / kGroups, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        double total = 0;
        for (int64_t g = 0; g < groups; ++g) total += partial[g * size + i];
        if (i < 3 * k1_)
          pass_.moments.as<double>()[i] = total;
        else
          pass_.products.as<double>()[i - 3 * k1_] = total;
      }
    });
  }

 private:
  static constexpr bool kSingle = sizeof(T) == sizeof(float);

  /// Chunks [first, last) into sums: moments [3, K1], then products [K0, K1]. y: outputs of one chunk [K1,
  /// chunk], then the products of one [K0, K1] in f32.
  void accumulate(double* sums, int64_t first, int64_t last, T* y) const {
    std::fill_n(sums, (k0_ + 3) * k1_, 0.0);
    double* const products = sums + 3 * k1_;
    for (int64_t c = first; c < last; ++c) {
      const int64_t at = c * chunk_, n = std::min(chunk_, m_ - at);
      const blas::Matrix<const T> x{pass_.data.as<T>() + at, m_};
      blas::gemm<T>(k1_, n, k0_, T{1}, {pass_.filters.as<T>(), k1_, true}, x, T{0}, {y, n});
      for (int64_t k = 0; k < k1_; ++k) neuron(y + k * n, n, k, sums);
      if constexpr (kSingle) {
        T* const single = y + k1_ * chunk_;
        blas::gemm<T>(k0_, k1_, n, T{1}, x, {y, n, true}, T{0}, {single, k1_});
        for (int64_t i = 0; i < k0_ * k1_; ++i) products[i] += static_cast<double>(single[i]);
      } else {
        blas::gemm<T>(k0_, k1_, n, T{1}, x, {y, n, true}, T{1}, {products, k1_});
      }
    }
  }
  void neuron(T* y, int64_t n, int64_t k, double* sums) const {
    PopulationRow row{.beta = pass_.beta,
                      .bias = pass_.bias ? pass_.bias.as<double>()[k] : 0,
                      .gain = pass_.gain,
                      .slope = pass_.weight == PopulationPass::Weight::slope};
    population_row(y, n, row);
    sums[k] += row.log_phi, sums[k1_ + k] += row.phi, sums[2 * k1_ + k] += row.tanh;
  }

  const PopulationPass& pass_;
  int64_t k0_, k1_, m_, chunk_;
};

}  // namespace

void population_pass(const PopulationPass& pass) {
  if (pass.filters.dtype == DType::f32)
    Pass<float>(pass).run();
  else
    Pass<double>(pass).run();
}

}  // namespace infograd
#endif  // HWY_ONCE
