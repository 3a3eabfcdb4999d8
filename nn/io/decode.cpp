#include <infograd/nn/io/decode.h>

namespace infograd::io {

namespace {

template <class From, class To, class Convert>
void convert(Tensor& out, bool big_endian, const uint8_t* bytes, Convert convert_one) {
  To* values = out.data<To>();
  const int64_t n = out.numel();
  for (int64_t i = 0; i < n; ++i) {
    const uint8_t* at = bytes + static_cast<size_t>(i) * sizeof(From);
    values[i] = convert_one(big_endian ? load_big<From>(at) : load_little<From>(at));
  }
}

template <class From>
void widen(Tensor& out, bool big_endian, const uint8_t* bytes) {
  convert<From, int64_t>(out, big_endian, bytes, [](From value) { return static_cast<int64_t>(value); });
}

}  // namespace

std::optional<uint64_t> array_bytes(const Shape& shape, size_t item) {
  uint64_t product = item;  // of the extents that are not 0: strides must not overflow either
  bool none = false;
  for (int64_t extent : shape) {
    if (extent < 0) return std::nullopt;
    none = none || extent == 0;
    if (extent > 0 && __builtin_mul_overflow(product, static_cast<uint64_t>(extent), &product))
      return std::nullopt;
  }
  if (product > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) return std::nullopt;
  return none ? 0 : product;
}

Tensor decode(Stored type, bool big_endian, const uint8_t* bytes, const Shape& shape,
              const std::string& what) {
  Tensor out = empty(shape, info(type).dtype);
  const auto n = static_cast<size_t>(out.numel());
  if (n == 0) return out;
  switch (type) {
    case Stored::f16:
      convert<uint16_t, float>(out, big_endian, bytes, half_to_float);
      return out;
    case Stored::i8:
      widen<int8_t>(out, big_endian, bytes);
      return out;
    case Stored::i16:
      widen<int16_t>(out, big_endian, bytes);
      return out;
    case Stored::i32:
      widen<int32_t>(out, big_endian, bytes);
      return out;
    case Stored::u16:
      widen<uint16_t>(out, big_endian, bytes);
      return out;
    case Stored::u32:
      widen<uint32_t>(out, big_endian, bytes);
      return out;
    case Stored::u64:
      convert<uint64_t, int64_t>(out, big_endian, bytes, [&](uint64_t value) {
        if (value > static_cast<uint64_t>(std::numeric_limits<int64_t>::max()))
          fail<IoError>("{}: the value {} does not fit into i64", what, value);
        return static_cast<int64_t>(value);
      });
      return out;
    case Stored::b8:
      for (size_t i = 0; i < n; ++i)
        if (bytes[i] > 1)
          fail<IoError>("{}: boolean number {} is the byte {}; only 0 and 1 are legal", what, i, bytes[i]);
      break;
    case Stored::f32:
      if (big_endian) convert<float, float>(out, true, bytes, [](float value) { return value; });
      break;
    case Stored::f64:
      if (big_endian) convert<double, double>(out, true, bytes, [](double value) { return value; });
      break;
    case Stored::i64:
      if (big_endian) widen<int64_t>(out, true, bytes);
      break;
    case Stored::bf16:
    case Stored::u8:
      break;
  }
  const size_t item = info(type).bytes;
  if (!big_endian || item == 1) std::memcpy(out.raw_data(), bytes, n * item);
  return out;
}

}  // namespace infograd::io
