#include <infograd/backends/cpu/cpu_backend.h>
#include <infograd/backends/cpu/highway.h>
#include <infograd/backends/cpu/loops.h>
#include <infograd/backends/element.h>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "infograd/backends/cpu/copy.cpp"
#include <hwy/foreach_target.h>

#include <infograd/backends/cpu/simd-inl.h>

HWY_BEFORE_NAMESPACE();
namespace infograd::HWY_NAMESPACE {
namespace {

// Plain loops: the compiler vectorises them for each target.
void f32_from_u8(float* out, const uint8_t* x, int64_t n) {
  for (int64_t i = 0; i < n; ++i) out[i] = static_cast<float>(x[i]);
}
void f32_from_bf16(float* out, const uint16_t* x, int64_t n) {
  for (int64_t i = 0; i < n; ++i) out[i] = std::bit_cast<float>(static_cast<uint32_t>(x[i]) << 16U);
}
void bf16_from_f32(uint16_t* out, const float* x, int64_t n) {  // bfloat16(float), branch-free
  for (int64_t i = 0; i < n; ++i) {
    const auto u = std::bit_cast<uint32_t>(x[i]);
    const uint32_t rounded = (u + 0x7fffU + ((u >> 16U) & 1U)) >> 16U, quiet = (u >> 16U) | 0x40U;
    out[i] = static_cast<uint16_t>((u & 0x7fffffffU) > 0x7f800000U ? quiet : rounded);
  }
}

}  // namespace
}  // namespace infograd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace infograd {
namespace {

HWY_EXPORT(f32_from_u8);
HWY_EXPORT(f32_from_bf16);
HWY_EXPORT(bf16_from_f32);

template <class To, class From>
void convert_run(To* out, int64_t so, const From* x, int64_t sx, int64_t n) {
  if (so == 1 && sx == 1) {
    if constexpr (std::is_same_v<To, From>) {
      if (n < 16) {
        for (int64_t i = 0; i < n; ++i) out[i] = x[i];
      } else {
        std::memmove(out, x, static_cast<size_t>(n) * sizeof(To));
      }
    } else if constexpr (std::is_same_v<To, float> && std::is_same_v<From, uint8_t>) {
      HWY_DYNAMIC_DISPATCH(f32_from_u8)(out, x, n);
    } else if constexpr (std::is_same_v<To, float> && std::is_same_v<From, bfloat16>) {
      HWY_DYNAMIC_DISPATCH(f32_from_bf16)(out, &x->bits, n);
    } else if constexpr (std::is_same_v<To, bfloat16> && std::is_same_v<From, float>) {
      HWY_DYNAMIC_DISPATCH(bf16_from_f32)(&out->bits, x, n);
    } else {
      for (int64_t i = 0; i < n; ++i) out[i] = convert<To>(x[i]);
    }
    return;
  }
  for (int64_t i = 0; i < n; ++i) out[i * so] = convert<To>(x[i * sx]);
}

/// The axis along which x is contiguous while out is not, or -1: then the copy is a batch of matrix
/// transposes.
int transposed_axis(const Loop<2>& loop) {
  if (loop.inner_stride(0) != 1 || loop.inner_stride(1) == 1 || loop.inner_extent() < 4) return -1;
  for (int axis = loop.rank - 2; axis >= 0; --axis) {
    const auto i = static_cast<size_t>(axis);
    if (loop.stride[1][i] == 1 && loop.extent[i] >= 4) return axis;
  }
  return -1;
}

/// Tile by tile, so that both the lines read and the lines written stay in the first-level cache.
template <class To, class From>
void transpose(const Loop<2>& loop, size_t axis, To* out, const From* x) {
  constexpr int64_t kTile = 32;
  const auto inner = static_cast<size_t>(loop.rank - 1);
  const int64_t rows = loop.extent[axis], columns = loop.extent[inner];
  const int64_t row_stride = loop.stride[0][axis], column_stride = loop.stride[1][inner];
  Loop<2> batch = loop;  // the other axes
  batch.extent[axis] = batch.extent[inner] = 1;
  batch.numel = loop.numel / (rows * columns);
  const int64_t strips = (rows + kTile - 1) / kTile;
  const int64_t grain = std::max<int64_t>(1, kParallelGrain / (kTile * columns));
  parallel_for(batch.numel * strips, grain, [&](int64_t begin, int64_t end) {
    for (int64_t item = begin; item < end; ++item) {
      const int64_t r0 = item % strips * kTile, r1 = std::min(rows, r0 + kTile);
      for_each_run(batch, item / strips, item / strips + 1, [&](const auto& offset, int64_t) {
        for (int64_t c0 = 0; c0 < columns; c0 += kTile) {
          const int64_t c1 = std::min(columns, c0 + kTile);
          for (int64_t r = r0; r < r1; ++r) {
            To* const o = out + offset[0] + r * row_stride;
            const From* const a = x + offset[1] + r;
            for (int64_t c = c0; c < c1; ++c) o[c] = convert<To>(a[c * column_stride]);
          }
        }
      });
    }
  });
}

template <class To, class From>
void run(const View& out, const ConstView& x) {
  To* const o = out.as<To>();
  const From* const a = x.as<From>();
  if (row_major(out.shape, out.strides) && row_major(x.shape, x.strides)) {
    parallel_for(out.numel(), kParallelGrain,
                 [&](int64_t begin, int64_t end) { convert_run(o + begin, 1, a + begin, 1, end - begin); });
    return;
  }
  const auto loop = collapse<2>(out.shape, {&out.strides, &x.strides});
  if (const int axis = transposed_axis(loop); axis >= 0)
    return transpose(loop, static_cast<size_t>(axis), o, a);
  parallel_runs(loop, [&](const auto& offset, int64_t n) {
    convert_run(o + offset[0], loop.inner_stride(0), a + offset[1], loop.inner_stride(1), n);
  });
}

}  // namespace

void CpuBackend::copy(View out, ConstView x) {
  if (out.numel() == 0) return;
  if (out.dtype == x.dtype)
    return visit_width(x.dtype, [&](auto zero) { run<decltype(zero), decltype(zero)>(out, x); });
  visit_dtype(out.dtype, [&](auto to) {
    visit_dtype(x.dtype, [&](auto from) { run<decltype(to), decltype(from)>(out, x); });
  });
}

}  // namespace infograd
#endif  // HWY_ONCE
