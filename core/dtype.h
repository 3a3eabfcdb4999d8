// Element types. There is no implicit promotion: an op on two dtypes throws and names both.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <infograd/core/export.h>

namespace infograd {

/// Element type of a Tensor. Do not renumber: the values reach caches and tests.
enum class DType : uint8_t { f32 = 0, f64 = 1, bf16 = 2, i64 = 3, u8 = 4, b8 = 5 };

/// Brain floating point: the upper half of an f32. A storage type; arithmetic goes through float.
struct bfloat16 {
  uint16_t bits = 0;

  bfloat16() = default;
  /// Rounds to nearest even; NaN stays NaN.
  explicit constexpr bfloat16(float value) {
    const auto u = std::bit_cast<uint32_t>(value);
    const bool is_nan = (u & 0x7fffffffU) > 0x7f800000U;
    bits = static_cast<uint16_t>(is_nan ? (u >> 16U) | 0x40U : (u + 0x7fffU + ((u >> 16U) & 1U)) >> 16U);
  }
  explicit constexpr operator float() const {
    return std::bit_cast<float>(static_cast<uint32_t>(bits) << 16U);
  }
  bool operator==(const bfloat16&) const = default;
};

/// Bytes of one element.
constexpr size_t item_size(DType dtype) {
  switch (dtype) {
    case DType::f32:
      return 4;
    case DType::f64:
      return 8;
    case DType::bf16:
      return 2;
    case DType::i64:
      return 8;
    case DType::u8:
      return 1;
    case DType::b8:
      return 1;
  }
  return 0;
}

/// True for f32, f64 and bf16: the types that may require a gradient.
constexpr bool is_floating(DType dtype) {
  return dtype == DType::f32 || dtype == DType::f64 || dtype == DType::bf16;
}

/// "f32", "f64", "bf16", "i64", "u8", "b8".
INFOGRAD_API std::string_view name(DType dtype);

/// The DType that stores a C++ type: float, double, bfloat16, int64_t, uint8_t or bool.
struct NotAnElement {};
template <class T>
inline constexpr NotAnElement dtype_of_v{};
template <>
inline constexpr DType dtype_of_v<float> = DType::f32;
template <>
inline constexpr DType dtype_of_v<double> = DType::f64;
template <>
inline constexpr DType dtype_of_v<bfloat16> = DType::bf16;
template <>
inline constexpr DType dtype_of_v<int64_t> = DType::i64;
template <>
inline constexpr DType dtype_of_v<uint8_t> = DType::u8;
template <>
inline constexpr DType dtype_of_v<bool> = DType::b8;

}  // namespace infograd
