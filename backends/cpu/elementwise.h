// Private: drives a contiguous kernel over operands of any layout and storage type.
#pragma once

#include <infograd/backends/cpu/loops.h>

namespace infograd {

/// Calls kernel(out, in, n) for runs of unit output stride whose inputs have the inner strides `accepts` (1,
/// or 0 for a repeated value). What is not like that in memory goes through small blocks on the stack; so
/// does bf16, as float.
template <class TOut, class TIn, size_t K, class Kernel>
void elementwise(const Loop<static_cast<int>(K) + 1>& loop, TOut* out, const std::array<const TIn*, K>& in,
                 const std::array<int64_t, K>& accepts, const Kernel& kernel) {
  using COut = typename Compute<TOut>::type;
  using CIn = typename Compute<TIn>::type;
  constexpr bool kDirectOut = std::is_same_v<TOut, COut>, kDirectIn = std::is_same_v<TIn, CIn>;
  bool direct = kDirectOut && kDirectIn && loop.inner_stride(0) == 1;
  for (size_t k = 0; k < K; ++k) direct = direct && loop.inner_stride(static_cast<int>(k) + 1) == accepts[k];

  parallel_runs(loop, [&](const auto& offset, int64_t n) {
    std::array<const CIn*, K> a{};
    if constexpr (kDirectOut && kDirectIn) {
      if (direct) {
        for (size_t k = 0; k < K; ++k) a[k] = in[k] + offset[k + 1];
        return kernel(out + offset[0], a, n);
      }
    }
    const int64_t out_stride = loop.inner_stride(0);
    COut out_block[kBlock];
    CIn block[K][kBlock];
    for (int64_t i = 0; i < n; i += kBlock) {
      const int64_t m = std::min(kBlock, n - i);
      for (size_t k = 0; k < K; ++k) {
        const int64_t stride = loop.inner_stride(static_cast<int>(k) + 1);
        load_block(block[k], in[k] + offset[k + 1] + i * stride, stride, accepts[k] == 0 ? 1 : m);
        a[k] = block[k];
      }
      kernel(out_block, a, m);
      store_block(out + offset[0] + i * out_stride, out_stride, out_block, m);
    }
  });
}

/// The same for operands of one type, none repeated. Small calls mostly are row-major: those go straight to
/// it.
template <class T, size_t K, class Kernel>
void elementwise(const View& out, const std::array<const ConstView*, K>& in, const Kernel& kernel) {
  T* const o = out.as<T>();
  std::array<const T*, K> x{};
  std::array<const Strides*, K + 1> strides{&out.strides};
  std::array<int64_t, K> accepts{};
  bool flat = row_major(out.shape, out.strides);
  for (size_t k = 0; k < K; ++k) {
    x[k] = in[k]->template as<T>();
    strides[k + 1] = &in[k]->strides;
    accepts[k] = 1;
    flat = flat && row_major(in[k]->shape, in[k]->strides);
  }
  if constexpr (std::is_same_v<T, typename Compute<T>::type>) {
    if (flat)
      return parallel_for(out.numel(), kParallelGrain, [&](int64_t begin, int64_t end) {
        std::array<const T*, K> from = x;
        for (const T*& start : from) start += begin;
        kernel(o + begin, from, end - begin);
      });
  }
  elementwise<T, T, K>(collapse<static_cast<int>(K) + 1>(out.shape, strides), o, x, accepts, kernel);
}

}  // namespace infograd
