// Private: arrays of any stored type to tensors.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include <infograd/core/check.h>
#include <infograd/nn/io/endian.h>

namespace infograd::io {

/// Element types found in files; more than a Tensor has.
enum class Stored { f16, f32, f64, bf16, i8, i16, i32, i64, u8, u16, u32, u64, b8 };

struct StoredInfo {
  size_t bytes;
  DType dtype;  ///< what a tensor of it holds
};
constexpr StoredInfo info(Stored type) {
  switch (type) {
    case Stored::f16:
      return {2, DType::f32};
    case Stored::f32:
      return {4, DType::f32};
    case Stored::f64:
      return {8, DType::f64};
    case Stored::bf16:
      return {2, DType::bf16};
    case Stored::i8:
      return {1, DType::i64};
    case Stored::i16:
      return {2, DType::i64};
    case Stored::i32:
      return {4, DType::i64};
    case Stored::i64:
      return {8, DType::i64};
    case Stored::u8:
      return {1, DType::u8};
    case Stored::u16:
      return {2, DType::i64};
    case Stored::u32:
      return {4, DType::i64};
    case Stored::u64:
      return {8, DType::i64};
    case Stored::b8:
      return {1, DType::b8};
  }
  return {0, DType::f32};
}

/// Bytes of an array, or nothing when the product overflows.
std::optional<uint64_t> array_bytes(const Shape& shape, size_t item);

/// A contiguous CPU tensor of `shape` from info(type).bytes * numel bytes. `what` begins the message when a
/// value does not fit: u64 above the range of i64, or a boolean other than 0 and 1.
Tensor decode(Stored type, bool big_endian, const uint8_t* bytes, const Shape& shape,
              const std::string& what);

}  // namespace infograd::io
