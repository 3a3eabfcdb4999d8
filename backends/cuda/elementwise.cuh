// Private: out = f(in...) at every element, operands of any strides.
#pragma once

#include <string_view>

#include <infograd/backends/cuda/elementwise_body.h>
#include <infograd/backends/cuda/stream.h>
#include <infograd/backends/view.h>

namespace infograd::cuda {

template <class F, class Out, class... In>
__global__ void __launch_bounds__(kThreads) contiguous_kernel(F f, int64_t n, Out* out, const In*... in) {
  apply_contiguous(f, int64_t{blockIdx.x} * kThreads + threadIdx.x, n, out, in...);
}

template <class F, class Out, class... In>
__global__ void __launch_bounds__(kThreads)
    strided_kernel(F f, int64_t n, Offsets<1 + sizeof...(In)> offsets, Out* out, const In*... in) {
  apply_strided(f, blockIdx.x, static_cast<int>(threadIdx.x), n, offsets, out, in...);
}

template <class F, int K, class Out, class... In>
__global__ void __launch_bounds__(kThreads)
    inner_kernel(F f, InnerPacks<K> packs, Out* out, const In*... in) {
  const uint32_t pack = blockIdx.x * kThreads + threadIdx.x;
  if (pack < packs.count) apply_inner(f, pack, packs, std::index_sequence_for<In...>(), out, in...);
}

/// One loop of at most kMostElements.
template <int K, class F, class Out, class... In>
void launch_elementwise(std::string_view op, const F& f, const Loop<K>& loop, Out* out, const In*... in) {
  constexpr int n = kNeighbours<Out, In...>;
  bool contiguous = loop.rank == 1;
  for (int k = 0; k < K; ++k) contiguous = contiguous && (loop.inner_stride(k) == 1 || loop.numel == 1);
  const bool aligned = packable<n>(out) && (packable<n>(in) && ...);
  if (contiguous && aligned)
    contiguous_kernel<<<blocks_for(loop.numel, kThreads * n), kThreads, 0, stream()>>>(f, loop.numel, out,
                                                                                       in...);
  else if (const auto packs = aligned ? inner_packs(loop, n) : std::nullopt)
    inner_kernel<<<blocks_for(packs->count, kThreads), kThreads, 0, stream()>>>(f, *packs, out, in...);
  else
    strided_kernel<<<blocks_for(loop.numel, kThreads * kItems), kThreads, 0, stream()>>>(
        f, loop.numel, Offsets<K>(loop), out, in...);
  check_launch(op);
}

template <int K, class F, class Out, class... In, size_t... k>
void launch_part(std::string_view op, const F& f, const Loop<K>& part, const std::array<int64_t, K>& first,
                 std::index_sequence<k...>, Out* out, const In*... in) {
  launch_elementwise<K>(op, f, part, out + first[0], (in + first[k + 1])...);
}

/// All of `shape`, however large. Strides: of the output first, then of the inputs.
template <class F, class Out, class... In>
void elementwise(std::string_view op, const F& f, const Shape& shape,
                 const std::array<const Strides*, 1 + sizeof...(In)>& strides, Out* out, const In*... in) {
  constexpr int kOperands = 1 + sizeof...(In);
  for_each_part<kOperands>(collapse<kOperands>(shape, strides), [&](const auto& part, const auto& first) {
    launch_part<kOperands>(op, f, part, first, std::index_sequence_for<In...>(), out, in...);
  });
}

}  // namespace infograd::cuda
