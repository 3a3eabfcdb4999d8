// Private: from a run-time DType to a C++ type, and conversion between element types.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>

#include <infograd/backends/host_device.h>
#include <infograd/core/dtype.h>
#include <infograd/core/error.h>

namespace infograd {

template <class T>
inline constexpr bool is_floating_v = std::is_floating_point_v<T> || std::is_same_v<T, bfloat16>;

/// Arithmetic type of a storage type.
template <class T>
struct Compute {
  using type = T;
};
template <>
struct Compute<bfloat16> {
  using type = float;
};

/// f(T{}) with the C++ type of `dtype`: visit_dtype(x.dtype, [&](auto zero) { using T = decltype(zero); ...
/// }).
template <class F>
decltype(auto) visit_dtype(DType dtype, F&& f) {
  switch (dtype) {
    case DType::f32:
      return f(float{});
    case DType::f64:
      return f(double{});
    case DType::bf16:
      return f(bfloat16{});
    case DType::i64:
      return f(int64_t{});
    case DType::u8:
      return f(uint8_t{});
    case DType::b8:
      break;
  }
  return f(bool{});
}

/// f(T{}) with an unsigned integer as wide as one element: what is moved, not computed with, needs no more.
template <class F>
void visit_width(DType dtype, F&& f) {
  switch (item_size(dtype)) {
    case 1:
      return f(uint8_t{});
    case 2:
      return f(uint16_t{});
    case 4:
      return f(uint32_t{});
    default:
      return f(uint64_t{});
  }
}

[[noreturn]] inline void throw_dtype(std::string_view op, DType dtype) {
  throw DTypeError(std::string(op) + " is not defined for " + std::string(name(dtype)) +
                   "; convert with to(dtype) first");
}

/// The same for floating types; throws DTypeError naming `op` for others.
template <class F>
decltype(auto) visit_floating(std::string_view op, DType dtype, F&& f) {
  switch (dtype) {
    case DType::f32:
      return f(float{});
    case DType::f64:
      return f(double{});
    case DType::bf16:
      return f(bfloat16{});
    default:
      throw_dtype(op, dtype);
  }
}

/// Value of one element as another type. Floating to integer truncates towards zero and saturates (NaN gives
/// 0); integer to narrower integer wraps; to b8: whether it is not zero; to bf16: rounded through f32.
template <class To, class From>
INFOGRAD_HD To convert(From x) {
  if constexpr (std::is_same_v<To, From>) {
    return x;
  } else if constexpr (std::is_same_v<From, bfloat16>) {
    return convert<To>(static_cast<float>(x));
  } else if constexpr (std::is_same_v<To, bfloat16>) {
    return bfloat16(static_cast<float>(x));
  } else if constexpr (std::is_same_v<To, bool>) {
    return x != From{0};
  } else if constexpr (std::is_integral_v<To> && std::is_floating_point_v<From>) {
    using Limits = std::numeric_limits<To>;
    if (std::isnan(x)) return 0;
    if (x >= static_cast<From>(Limits::max())) return Limits::max();
    if (x <= static_cast<From>(Limits::min())) return Limits::min();
    return static_cast<To>(x);
  } else {
    return static_cast<To>(x);
  }
}

}  // namespace infograd
