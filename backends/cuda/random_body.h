// Private: random numbers of one Philox block; the same bits as on the host (backends/random_numbers.h).
#pragma once

#include <infograd/backends/args.h>
#include <infograd/backends/capture.h>
#include <infograd/backends/cuda/elementwise_body.h>
#include <infograd/backends/element.h>
#include <infograd/backends/random_numbers.h>

namespace infograd::cuda {

/// The key of a draw: as given, or counted from where a captured step stands by now.
INFOGRAD_HD inline PhiloxKey key_of(const PhiloxSource& source) {
  if (source.base == nullptr) return source.key;
  return {source.base->seed, source.base->stream, source.base->offset + source.key.offset};
}

/// What a draw is computed in: 24 bits for float, 32 for double.
template <class T>
using Drawn = std::conditional_t<std::is_same_v<T, double>, double, float>;

using Words = std::array<uint32_t, 4>;

// Element `lane` of a block.
template <class T>
struct Uniform {
  Drawn<T> low, high;
  INFOGRAD_HD T operator()(const Words& words, int lane) const {
    return convert<T>(random_numbers::uniform(words[static_cast<size_t>(lane)], low, high));
  }
};
template <class T>
struct Normal {
  double mean, deviation;
  INFOGRAD_HD T operator()(const Words& words, int lane) const {
    const auto even = static_cast<size_t>(lane - lane % 2);
    const double z = random_numbers::normal<double>(words[even], words[even + 1], lane % 2 == 1);
    return convert<T>(static_cast<Drawn<T>>(mean + deviation * z));
  }
};
template <class T>
struct Bernoulli {
  double probability;
  INFOGRAD_HD T operator()(const Words& words, int lane) const {
    const bool hit = to_unit_float(words[static_cast<size_t>(lane)]) < probability;
    return convert<T>(hit ? 1.0F : 0.0F);
  }
};
template <class T>
struct Integers {
  int64_t low;
  uint64_t range;
  INFOGRAD_HD T operator()(const Words& words, int lane) const {
    const uint64_t drawn = random_numbers::below(words[static_cast<size_t>(lane)], range);
    return convert<T>(low + static_cast<int64_t>(drawn));
  }
};

/// Elements 4 * thread .. of a draw of n. `packed`: out takes packs.
template <class Draw, class T>
INFOGRAD_HD void draw_block(const Draw& draw, const PhiloxKey& key, int64_t thread, int64_t n, bool packed,
                            T* out) {
  const int64_t begin = thread * kItems;
  if (begin >= n) return;
  const Words words = philox_block(key, static_cast<uint64_t>(thread));
  if (packed && begin + kItems <= n) {
    Pack<T> result;
    for (int lane = 0; lane < kItems; ++lane) result.at[lane] = draw(words, lane);
    write_pack(out + begin, result);
  } else {
    for (int lane = 0; lane < kItems && begin + lane < n; ++lane) out[begin + lane] = draw(words, lane);
  }
}

/// x / (1 - p) where the uniform number of the element is at least p, else 0.
template <class T>
struct Dropout {
  double p;
  typename Compute<T>::type scale;
  INFOGRAD_HD T operator()(T x, uint32_t bits) const {
    using C = typename Compute<T>::type;
    return to_unit_float(bits) >= p ? convert<T>(convert<C>(x) * scale) : convert<T>(C(0));
  }
};

template <class T>
INFOGRAD_HD void drop_block(const Dropout<T>& drop, const PhiloxKey& key, int64_t thread, int64_t n, T* out,
                            const T* x) {
  const int64_t begin = thread * kItems;
  if (begin >= n) return;
  const Words words = philox_block(key, static_cast<uint64_t>(thread));
  if (begin + kItems <= n) {
    const Pack<T> in = read_pack(x + begin);
    Pack<T> result;
    for (int lane = 0; lane < kItems; ++lane)
      result.at[lane] = drop(in.at[lane], words[static_cast<size_t>(lane)]);
    write_pack(out + begin, result);
  } else {
    for (int lane = 0; lane < kItems && begin + lane < n; ++lane)
      out[begin + lane] = drop(x[begin + lane], words[static_cast<size_t>(lane)]);
  }
}

/// One element of operands of any strides; `first` is the number of the first element of this part.
template <class T>
INFOGRAD_HD void drop_element(const Dropout<T>& drop, const PhiloxKey& key, int64_t first, int64_t i,
                              const Offsets<3>& offsets, T* out, const T* x) {
  int64_t offset[3];
  offsets.at(static_cast<uint32_t>(i), offset);
  out[offset[1]] =
      drop(x[offset[2]], random_numbers::element_bits(key, static_cast<uint64_t>(first + offset[0])));
}

}  // namespace infograd::cuda
