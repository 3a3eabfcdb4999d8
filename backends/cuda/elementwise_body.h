// Private: what one thread of an element-wise kernel does; host tests run the same code.
#pragma once

#include <cstdint>
#include <utility>

#include <infograd/backends/cuda/indexing.h>
#include <infograd/backends/cuda/launch.h>

namespace infograd::cuda {

/// kItems neighbours, moved by one load or store of up to 16 bytes (f64: two of them).
template <class T>
struct alignas(sizeof(T) * kItems < 16 ? sizeof(T) * kItems : 16) Pack {
  T at[kItems];
};

/// True when packs may be read from or written to an address.
template <class T>
bool packable(const T* address) {
  return reinterpret_cast<uintptr_t>(address) % alignof(Pack<T>) == 0;
}

template <class F, class Out, class... In>
INFOGRAD_HD void apply_packs(const F& f, Pack<Out>& out, const Pack<In>&... in) {
  for (int j = 0; j < kItems; ++j) out.at[j] = f(in.at[j]...);
}

/// Elements kItems * thread .. of contiguous operands: out[i] = f(in[i]...).
template <class F, class Out, class... In>
INFOGRAD_HD void apply_contiguous(const F& f, int64_t thread, int64_t n, Out* out, const In*... in) {
  const int64_t begin = thread * kItems;
  if (begin + kItems <= n) {
    Pack<Out> result;
    apply_packs(f, result, *reinterpret_cast<const Pack<In>*>(in + begin)...);
    *reinterpret_cast<Pack<Out>*>(out + begin) = result;
  } else {
    for (int64_t i = begin; i < n; ++i) out[i] = f(in[i]...);
  }
}

template <class F, class Out, class... In, size_t... k>
INFOGRAD_HD void apply_at(const F& f, const int64_t* offset, std::index_sequence<k...>, Out* out,
                          const In*... in) {
  out[offset[0]] = f(in[offset[k + 1]]...);
}

/// Elements base + thread, base + threads + thread, .. of operands of any strides: neighbours in time lie a
/// block apart, so that the threads of a warp stay together.
template <class F, class Out, class... In>
INFOGRAD_HD void apply_strided(const F& f, int64_t block, int thread, int64_t n,
                               const Offsets<1 + sizeof...(In)>& offsets, Out* out, const In*... in) {
  for (int j = 0; j < kItems; ++j) {
    const int64_t i = (block * kItems + j) * kThreads + thread;
    if (i >= n) return;
    int64_t offset[1 + sizeof...(In)];
    offsets.at(static_cast<uint32_t>(i), offset);
    apply_at(f, offset, std::index_sequence_for<In...>(), out, in...);
  }
}

}  // namespace infograd::cuda
