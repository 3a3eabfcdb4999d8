// IDX, the format of MNIST: two zero bytes, type, rank, big-endian extents, big-endian values.
#pragma once

#include <cstdint>
#include <string>

#include <infograd/core/tensor.h>

namespace infograd::data {

/// Reads one IDX file, plain or gzip (told apart by content, not by name). u8, f32 and f64 keep their type;
/// i8, i16 and i32 become i64. Throws IoError naming the file, what is wrong, where, expected and found.
INFOGRAD_API Tensor read_idx(const std::string& path);

/// CRC-32 of the uncompressed file: the same payload circulates in different compressions.
INFOGRAD_API uint32_t idx_payload_crc32(const std::string& path);

}  // namespace infograd::data
