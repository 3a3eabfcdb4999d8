// Private: the two halves of read_idx, for readers that also want the checksum.
#pragma once

#include <string>

#include <infograd/core/tensor.h>
#include <infograd/nn/io/file.h>

namespace infograd::data {

/// The uncompressed file; rejects web pages.
io::Bytes read_idx_payload(const std::string& path);
Tensor parse_idx(const std::string& path, const io::Bytes& bytes);
uint32_t payload_crc32(const io::Bytes& bytes);

}  // namespace infograd::data
