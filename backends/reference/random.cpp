// Element i of a draw depends on (key, i) only: block offset + i/4, lane i%4 (core/philox.h).
#include <infograd/backends/random_numbers.h>
#include <infograd/backends/reference/elements.h>
#include <infograd/backends/reference/reference_backend.h>
#include <infograd/core/check.h>

namespace infograd {

using namespace reference;

namespace {

/// Element i in `T`, float or double: float draws 24 bits, double 32.
template <class T>
T draw(const RandomArgs& args, uint64_t i) {
  const auto block = philox_block(args.key, i / 4);
  const size_t lane = i % 4, even = lane - lane % 2;
  switch (args.kind) {
    case RandomKind::uniform:
      return random_numbers::uniform(block[lane], static_cast<T>(args.a), static_cast<T>(args.b));
    case RandomKind::normal:
      return static_cast<T>(
          args.a + args.b * random_numbers::normal<double>(block[even], block[even + 1], lane % 2 == 1));
    default:
      return to_unit_float(block[lane]) < args.a ? T(1) : T(0);
  }
}

}  // namespace

void ReferenceBackend::random(const RandomArgs& args) {
  const auto n = static_cast<uint64_t>(args.out.numel());
  visit_dtype(args.out.dtype, [&](auto zero) {
    using T = decltype(zero);
    using Drawn = std::conditional_t<std::is_same_v<T, double>, double, float>;
    T* out = args.out.as<T>();
    if (args.kind == RandomKind::integers) {
      const auto range = static_cast<uint64_t>(args.b - args.a);
      check<ValueError>(args.b > args.a && args.b - args.a <= 0x1p32,
                        "random integers: the range {} .. {} must hold 1 to 2^32 values", args.a, args.b);
      for (uint64_t i = 0; i < n; ++i) {
        const uint64_t drawn = random_numbers::below(random_numbers::element_bits(args.key, i), range);
        out[i] = convert<T>(static_cast<int64_t>(args.a) + static_cast<int64_t>(drawn));
      }
      return;
    }
    if (!is_floating_v<T> && args.kind != RandomKind::bernoulli)
      throw_dtype("a real random number", args.out.dtype);
    for (uint64_t i = 0; i < n; ++i) out[i] = convert<T>(draw<Drawn>(args, i));
  });
}

void ReferenceBackend::dropout(View out, ConstView x, double p, PhiloxKey key) {
  visit_floating("dropout", x.dtype, [&](auto zero) {
    using T = decltype(zero);
    const Elements<T> in(x), result(out);
    const double scale = p < 1 ? 1 / (1 - p) : 0;
    uint64_t i = 0;
    for_each<2>(x.shape, {out.strides, x.strides}, [&](int64_t o, int64_t at) {
      const bool kept = to_unit_float(random_numbers::element_bits(key, i++)) >= p;
      result.set_at(o, kept ? in.at(at) * scale : 0);
    });
  });
}

}  // namespace infograd
