#include <infograd/backends/cpu/cpu_backend.h>
#include <infograd/backends/cpu/highway.h>
#include <infograd/backends/cpu/loops.h>
#include <infograd/backends/random_numbers.h>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "infograd/backends/cpu/random.cpp"
#include <hwy/foreach_target.h>

#include <infograd/backends/cpu/vector_math-inl.h>

HWY_BEFORE_NAMESPACE();
namespace infograd::HWY_NAMESPACE {
namespace {

/// Both halves of the products of 32-bit lanes.
template <class D, class V>
HWY_INLINE void multiply(D d, V a, V b, V& high, V& low) {
  const hn::RepartitionToWide<D> dw;
  const auto upper = [&](V v) HWY_ATTR { return hn::BitCast(d, hn::ShiftRight<32>(hn::BitCast(dw, v))); };
  const auto even = hn::MulEven(a, b), odd = hn::MulEven(upper(a), upper(b));
  high = hn::OddEven(hn::BitCast(d, odd), hn::BitCast(d, hn::ShiftRight<32>(even)));
  low = hn::OddEven(hn::BitCast(d, hn::ShiftLeft<32>(odd)), hn::BitCast(d, even));
}

/// philox_block for as many blocks as there are lanes, from `block` on, until `count` elements are there.
/// Writes up to 4 vectors more than asked for.
void philox_bits(const PhiloxKey& key, uint64_t block, uint32_t* out, int64_t count) {
  const hn::ScalableTag<uint32_t> d;
  using V = hn::Vec<decltype(d)>;
  const V factor0 = hn::Set(d, 0xD2511F53U), factor1 = hn::Set(d, 0xCD9E8D57U);
  for (int64_t i = 0; i < count; i += 4 * lanes(d), block += hn::Lanes(d)) {
    const uint64_t first = key.offset + block;
    const V start = hn::Set(d, static_cast<uint32_t>(first));
    V c0 = hn::Add(start, hn::Iota(d, 0U)), c1 = hn::Set(d, static_cast<uint32_t>(first >> 32U));
    c1 = hn::Add(c1, hn::VecFromMask(d, hn::Lt(c0, start)));                    // a carry is -1 here ...
    c1 = hn::Sub(c1, hn::ShiftLeft<1>(hn::VecFromMask(d, hn::Lt(c0, start))));  // ... and becomes +1
    V c2 = hn::Set(d, static_cast<uint32_t>(key.stream)),
      c3 = hn::Set(d, static_cast<uint32_t>(key.stream >> 32U));
    auto k0 = static_cast<uint32_t>(key.seed), k1 = static_cast<uint32_t>(key.seed >> 32U);
    for (int round = 0; round < 10; ++round) {
      V high0, low0, high1, low1;
      multiply(d, c0, factor0, high0, low0);
      multiply(d, c2, factor1, high1, low1);
      c0 = hn::Xor(hn::Xor(high1, c1), hn::Set(d, k0));
      c1 = low1;
      c2 = hn::Xor(hn::Xor(high0, c3), hn::Set(d, k1));
      c3 = low0;
      k0 += 0x9E3779B9U;
      k1 += 0xBB67AE85U;
    }
    hn::StoreInterleaved4(c0, c1, c2, c3, d, out + i);
  }
}

/// random_numbers::uniform<float>, bit for bit.
void uniform_f32(const uint32_t* bits, float* out, int64_t n, float low, float high) {
  const float width = high - low;
  const float below = low < high ? std::nextafter(high, low) : std::numeric_limits<float>::infinity();
  for (int64_t i = 0; i < n; ++i) {
    const float value = low + width * (static_cast<float>(static_cast<int32_t>(bits[i] >> 8U)) * 0x1p-24F);
    out[i] = value < below ? value : below;
  }
}

/// random_numbers::normal in f32: log(1 - u) from u below one half and from 1 - u above, both exact up to one
/// rounding; the angle from the signed bits, in [-pi, pi). `bits` and `out` have room for whole vectors.
void normal_f32(const uint32_t* bits, float* out, int64_t n, float mean, float std) {
  const hn::ScalableTag<float> d;
  const hn::RebindToSigned<decltype(d)> di;
  const hn::RebindToUnsigned<decltype(d)> du;
  const auto unit = set(d, 0x1p-32), half = set(d, 0.5);
  const auto to_float = [&](auto u) HWY_ATTR {  // of 32 unsigned bits: the two halves are exact
    const auto upper = hn::ConvertTo(d, hn::BitCast(di, hn::ShiftRight<16>(u)));
    const auto lower = hn::ConvertTo(d, hn::BitCast(di, hn::And(u, hn::Set(du, 0xFFFFU))));
    return hn::MulAdd(upper, set(d, 65536), lower);
  };
  for (int64_t i = 0; i < n; i += 2 * lanes(d)) {
    hn::Vec<decltype(du)> even, odd;
    hn::LoadInterleaved2(du, bits + i, even, odd);
    const auto u = hn::Mul(to_float(even), unit);
    const auto rest = hn::Mul(to_float(hn::Sub(hn::Zero(du), even)), unit);  // 1 - u, for u > 0
    const auto logarithm =
        hn::IfThenElse(hn::Lt(u, half), hn::Log1p(d, hn::Neg(u)), hn::Log(d, hn::Max(rest, unit)));
    const auto radius = hn::Sqrt(hn::Mul(set(d, -2), logarithm));
    const auto angle =
        hn::Mul(hn::ConvertTo(d, hn::BitCast(di, odd)), set(d, 0x1p-32 * 2 * scalar_math::kPi));
    const auto scale = hn::Mul(radius, hn::Set(d, std)), shift = hn::Set(d, mean);
    hn::StoreInterleaved2(hn::MulAdd(scale, hn::Cos(d, angle), shift),
                          hn::MulAdd(scale, hn::Sin(d, angle), shift), d, out + i);
  }
}

void dropout_f32(const uint32_t* bits, float* out, const float* x, int64_t n, uint32_t threshold,
                 float scale) {
  for (int64_t i = 0; i < n; ++i)
    out[i] = static_cast<int32_t>(bits[i] >> 8U) >= static_cast<int32_t>(threshold) ? x[i] * scale : 0.0F;
}

}  // namespace
}  // namespace infograd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace infograd {
namespace {

HWY_EXPORT(philox_bits);
HWY_EXPORT(uniform_f32);
HWY_EXPORT(normal_f32);
HWY_EXPORT(dropout_f32);

/// Room for the vectors that the kernels write beyond a block.
constexpr int64_t kSlack = 64;

/// f(bits, i, n) for blocks of elements [i, i + n) of a draw of `total`.
template <class F>
void for_each_block(const PhiloxKey& key, int64_t total, F&& f) {
  parallel_for(total, kParallelGrain, [&](int64_t begin, int64_t end) {
    alignas(64) uint32_t bits[kBlock + kSlack];
    for (int64_t i = begin; i < end; i += kBlock) {
      const int64_t n = std::min(kBlock, end - i);
      HWY_DYNAMIC_DISPATCH(philox_bits)(key, static_cast<uint64_t>(i / 4), bits, n);
      f(bits, i, n);
    }
  });
}

/// k < threshold is to_unit_float(bits) < p, with k the upper 24 bits.
uint32_t threshold_of(double p) {
  return static_cast<uint32_t>(std::ceil(std::clamp(p, 0.0, 1.0) * 0x1p24));
}

bool random_f32(const RandomArgs& args) {
  float* const out = args.out.as<float>();
  const auto a = static_cast<float>(args.a), b = static_cast<float>(args.b);
  switch (args.kind) {
    case RandomKind::uniform:
      for_each_block(args.key, args.out.numel(), [&](const uint32_t* bits, int64_t i, int64_t n) {
        HWY_DYNAMIC_DISPATCH(uniform_f32)(bits, out + i, n, a, b);
      });
      return true;
    case RandomKind::normal:
      for_each_block(args.key, args.out.numel(), [&](const uint32_t* bits, int64_t i, int64_t n) {
        alignas(64) float block[kBlock + kSlack];
        HWY_DYNAMIC_DISPATCH(normal_f32)(bits, block, n, a, b);
        std::copy_n(block, n, out + i);
      });
      return true;
    case RandomKind::bernoulli: {
      const uint32_t threshold = threshold_of(args.a);
      for_each_block(args.key, args.out.numel(), [&](const uint32_t* bits, int64_t i, int64_t n) {
        for (int64_t j = 0; j < n; ++j) out[i + j] = bits[j] >> 8U < threshold ? 1.0F : 0.0F;
      });
      return true;
    }
    default:
      return false;
  }
}

bool random_f64(const RandomArgs& args) {
  double* const out = args.out.as<double>();
  if (args.kind == RandomKind::uniform) {
    for_each_block(args.key, args.out.numel(), [&](const uint32_t* bits, int64_t i, int64_t n) {
      for (int64_t j = 0; j < n; ++j) out[i + j] = random_numbers::uniform<double>(bits[j], args.a, args.b);
    });
    return true;
  }
  if (args.kind != RandomKind::normal) return false;
  for_each_block(args.key, args.out.numel(), [&](const uint32_t* bits, int64_t i, int64_t n) {
    for (int64_t j = 0; j < n; ++j)
      out[i + j] =
          args.a + args.b * random_numbers::normal<double>(bits[j & ~int64_t{1}], bits[j | 1], j % 2 == 1);
  });
  return true;
}

bool random_i64(const RandomArgs& args) {
  const double range = args.b - args.a;
  if (args.kind != RandomKind::integers || !(range > 0 && range <= 0x1p32))
    return false;  // reference says what is wrong
  int64_t* const out = args.out.as<int64_t>();
  const auto low = static_cast<int64_t>(args.a);
  const auto values = static_cast<uint64_t>(range);
  for_each_block(args.key, args.out.numel(), [&](const uint32_t* bits, int64_t i, int64_t n) {
    for (int64_t j = 0; j < n; ++j)
      out[i + j] = low + static_cast<int64_t>(random_numbers::below(bits[j], values));
  });
  return true;
}

}  // namespace

void CpuBackend::random(const RandomArgs& args) {
  if (args.out.dtype == DType::f32 && random_f32(args)) return;
  if (args.out.dtype == DType::f64 && random_f64(args)) return;
  if (args.out.dtype == DType::i64 && random_i64(args)) return;
  ReferenceBackend::random(args);
}

void CpuBackend::dropout(View out, ConstView x, double p, PhiloxKey key) {
  if (x.dtype != DType::f32 || !row_major(x.shape, x.strides) || !row_major(out.shape, out.strides))
    return ReferenceBackend::dropout(out, x, p, key);
  const auto scale = static_cast<float>(p < 1 ? 1 / (1 - p) : 0);
  for_each_block(key, x.numel(), [&](const uint32_t* bits, int64_t i, int64_t n) {
    HWY_DYNAMIC_DISPATCH(dropout_f32)
    (bits, out.as<float>() + i, x.as<float>() + i, n, threshold_of(p), scale);
  });
}

}  // namespace infograd
#endif  // HWY_ONCE
