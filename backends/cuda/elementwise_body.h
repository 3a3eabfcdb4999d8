// Private: what one thread of an element-wise kernel does; host tests run the same code.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include <infograd/backends/cuda/indexing.h>
#include <infograd/backends/cuda/launch.h>

namespace infograd::cuda {

/// n neighbours, moved by loads or stores of up to 16 bytes.
template <class T, int n = kItems>
struct alignas(sizeof(T) * n < 16 ? sizeof(T) * n : 16) Pack {
  T at[n];
};

/// Neighbours per thread where types T are moved: 16 bytes of the widest keep memory busy, and at least
/// kItems.
template <class... T>
inline constexpr int kNeighbours = std::max(kItems, static_cast<int>(16 / std::max({sizeof(T)...})));

/// True when packs may be read from or written to an address.
template <int n = kItems, class T>
bool packable(const T* address) {
  return reinterpret_cast<uintptr_t>(address) % alignof(Pack<T, n>) == 0;
}

/// A copy: from a reference the compiler would load its elements one by one.
template <int n = kItems, class T>
INFOGRAD_HD Pack<T, n> read_pack(const T* address) {
  return *reinterpret_cast<const Pack<T, n>*>(address);
}
template <int n, class T>
INFOGRAD_HD void write_pack(T* address, const Pack<T, n>& values) {
  *reinterpret_cast<Pack<T, n>*>(address) = values;
}

template <class F, int n, class Out, class... In>
INFOGRAD_HD void apply_packs(const F& f, Pack<Out, n>& out, const Pack<In, n>&... in) {
  for (int j = 0; j < n; ++j) out.at[j] = f(in.at[j]...);
}

/// Neighbours number `thread` of contiguous operands: out[i] = f(in[i]...).
template <class F, class Out, class... In>
INFOGRAD_HD void apply_contiguous(const F& f, int64_t thread, int64_t count, Out* out, const In*... in) {
  constexpr int n = kNeighbours<Out, In...>;
  const int64_t begin = thread * n;
  if (begin + n <= count) {
    Pack<Out, n> result;
    apply_packs(f, result, read_pack<n>(in + begin)...);
    write_pack(out + begin, result);
  } else {
    for (int64_t i = begin; i < count; ++i) out[i] = f(in[i]...);
  }
}

/// A loop over packs of neighbours along the innermost axis, in operands that have them side by side or, as
/// what is broadcast, repeat one value.
template <int K>
struct InnerPacks {
  Offsets<K> offsets;
  int64_t count;  ///< packs
  bool repeats[K];
};

/// Empty where packs of n do not fit the innermost axis or the strides of the others.
template <int K>
std::optional<InnerPacks<K>> inner_packs(const Loop<K>& loop, int n) {
  const auto inner = static_cast<size_t>(loop.rank - 1);
  if (loop.extent[inner] % n != 0 || loop.stride[0][inner] != 1) return std::nullopt;
  Loop<K> packs = loop;
  packs.extent[inner] /= n;
  packs.numel /= n;
  InnerPacks<K> result{{}, packs.numel, {}};
  for (size_t k = 0; k < K; ++k) {
    const int64_t step = loop.stride[k][inner];
    result.repeats[k] = step == 0;
    if (step != 0 && step != 1) return std::nullopt;
    for (size_t axis = 0; axis < inner; ++axis)
      if (step == 1 && loop.stride[k][axis] % n != 0) return std::nullopt;
    packs.stride[k][inner] = step * n;
  }
  result.offsets = Offsets<K>(packs);
  return result;
}

template <int n, class T>
INFOGRAD_HD Pack<T, n> read_or_repeat(const T* address, bool repeats) {
  if (!repeats) return read_pack<n>(address);
  Pack<T, n> same;
  const T value = *address;
  for (int j = 0; j < n; ++j) same.at[j] = value;
  return same;
}

template <class F, int K, class Out, class... In, size_t... k>
INFOGRAD_HD void apply_inner(const F& f, uint32_t pack, const InnerPacks<K>& packs, std::index_sequence<k...>,
                             Out* out, const In*... in) {
  constexpr int n = kNeighbours<Out, In...>;
  int64_t offset[K];
  packs.offsets.at(pack, offset);
  Pack<Out, n> result;
  apply_packs(f, result, read_or_repeat<n>(in + offset[k + 1], packs.repeats[k + 1])...);
  write_pack(out + offset[0], result);
}

template <class T, int K>
INFOGRAD_HD Pack<T> gather_pack(const T* in, const int64_t (&offset)[kItems][K], size_t k) {
  Pack<T> values;
  for (int j = 0; j < kItems; ++j) values.at[j] = in[offset[j][k]];
  return values;
}

template <class F, class Out, class... In, size_t... k>
INFOGRAD_HD Pack<Out> apply_at(const F& f, const int64_t (&offset)[kItems][1 + sizeof...(In)],
                               std::index_sequence<k...>, Out* /*out*/, const In*... in) {
  Pack<Out> result;
  apply_packs(f, result, gather_pack(in, offset, k + 1)...);
  return result;
}

/// Elements base + thread, base + threads + thread, .. of operands of any strides: neighbours in time lie a
/// block apart, so that the threads of a warp stay together. All are read before the first is written, so
/// that no load waits for another; past the end the first stands in.
template <class F, class Out, class... In>
INFOGRAD_HD void apply_strided(const F& f, int64_t block, int thread, int64_t n,
                               const Offsets<1 + sizeof...(In)>& offsets, Out* out, const In*... in) {
  const int64_t first = block * kItems * kThreads + thread;
  if (first >= n) return;
  int64_t offset[kItems][1 + sizeof...(In)];
  for (int j = 0; j < kItems; ++j) {
    const int64_t i = first + j * kThreads;
    offsets.at(static_cast<uint32_t>(i < n ? i : first), offset[j]);
  }
  const Pack<Out> result = apply_at(f, offset, std::index_sequence_for<In...>(), out, in...);
  for (int j = 0; j < kItems; ++j)
    if (first + j * kThreads < n) out[offset[j][0]] = result.at[j];
}

}  // namespace infograd::cuda
