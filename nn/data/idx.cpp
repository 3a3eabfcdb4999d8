#include <algorithm>
#include <optional>

#include <zlib.h>

#include <infograd/core/check.h>
#include <infograd/nn/data/idx.h>
#include <infograd/nn/data/idx_payload.h>
#include <infograd/nn/io/decode.h>

namespace infograd::data {

namespace {

std::optional<io::Stored> stored_type(uint8_t code) {
  switch (code) {
    case 0x08:
      return io::Stored::u8;
    case 0x09:
      return io::Stored::i8;
    case 0x0B:
      return io::Stored::i16;
    case 0x0C:
      return io::Stored::i32;
    case 0x0D:
      return io::Stored::f32;
    case 0x0E:
      return io::Stored::f64;
    default:
      return std::nullopt;
  }
}

// Grows with what the stream really gives, never to a size that it merely claims.
io::Bytes gunzip(const std::string& path, const io::Bytes& packed) {
  struct Inflater : z_stream {
    ~Inflater() { inflateEnd(this); }
  } stream{};
  check<IoError>(inflateInit2(&stream, 15 + 16) == Z_OK, "{}: zlib cannot start", path);
  io::Bytes out;
  io::Bytes block(size_t{1} << 18U);
  size_t consumed = 0;
  int status = Z_OK;
  while (true) {
    if (stream.avail_in == 0 && consumed < packed.size()) {
      const size_t piece = std::min(packed.size() - consumed, size_t{1} << 30U);
      stream.next_in = const_cast<uint8_t*>(packed.data()) + consumed;
      stream.avail_in = static_cast<uInt>(piece);
      consumed += piece;
    }
    stream.next_out = block.data();
    stream.avail_out = static_cast<uInt>(block.size());
    status = inflate(&stream, Z_NO_FLUSH);
    const size_t at = consumed - stream.avail_in;
    check<IoError>(status == Z_OK || status == Z_STREAM_END, "{}: gzip error near byte {} of {}: {}", path,
                   at, packed.size(), stream.msg != nullptr ? stream.msg : "the file is cut short");
    out.insert(out.end(), block.begin(), block.end() - stream.avail_out);
    if (status != Z_STREAM_END) continue;
    if (at == packed.size()) return out;
    check<IoError>(inflateReset(&stream) == Z_OK, "{}: zlib cannot continue at byte {}", path,
                   at);  // next gzip member
  }
}

}  // namespace

io::Bytes read_idx_payload(const std::string& path) {
  io::Bytes bytes = io::read_file(path);
  if (bytes.size() >= 2 && bytes[0] == 0x1f && bytes[1] == 0x8b) bytes = gunzip(path, bytes);
  check<IoError>(bytes.empty() || bytes[0] != '<',
                 "{}: starts with '<': this looks like a web page saved under the name of a data file", path);
  return bytes;
}

Tensor parse_idx(const std::string& path, const io::Bytes& bytes) {
  check<IoError>(bytes.size() >= 4, "{}: {} bytes are too short for an IDX header of 4", path, bytes.size());
  check<IoError>(bytes[0] == 0 && bytes[1] == 0,
                 "{}: an IDX file begins with two zero bytes, found {:02x} {:02x}", path, bytes[0], bytes[1]);
  const auto type = stored_type(bytes[2]);
  check<IoError>(type.has_value(), "{}: unknown IDX type 0x{:02x} at byte 2; known are 08 09 0b 0c 0d 0e",
                 path, bytes[2]);
  const int rank = bytes[3];
  check<IoError>(rank >= 1 && rank <= kMaxRank, "{}: IDX rank {} at byte 3; 1 to {} are supported", path,
                 rank, kMaxRank);
  const size_t header = 4 + 4 * static_cast<size_t>(rank);
  check<IoError>(bytes.size() >= header, "{}: {} bytes are too short for an IDX header of {}", path,
                 bytes.size(), header);
  Shape shape;
  for (size_t at = 4; at < header; at += 4) shape.push_back(io::load_big<uint32_t>(bytes.data() + at));
  const auto expected = io::array_bytes(shape, io::info(*type).bytes);
  check<IoError>(expected.has_value(), "{}: the extents {} overflow", path, to_string(shape));
  check<IoError>(*expected == bytes.size() - header,
                 "{}: extents {} ask for {} data bytes after byte {}, found {}", path, to_string(shape),
                 *expected, header, bytes.size() - header);
  return io::decode(*type, true, bytes.data() + header, shape, path);
}

uint32_t payload_crc32(const io::Bytes& bytes) {
  return static_cast<uint32_t>(crc32_z(0, bytes.data(), bytes.size()));
}

Tensor read_idx(const std::string& path) {
  return parse_idx(path, read_idx_payload(path));
}

uint32_t idx_payload_crc32(const std::string& path) {
  return payload_crc32(read_idx_payload(path));
}

}  // namespace infograd::data
