#include <algorithm>
#include <numeric>
#include <set>

#include <nlohmann/json.hpp>

#include <infograd/core/check.h>
#include <infograd/nn/checkpoint/safetensors.h>
#include <infograd/nn/io/decode.h>
#include <infograd/nn/io/file.h>

namespace infograd::checkpoint {

namespace {

using Json = nlohmann::json;
using io::Stored;

constexpr uint64_t kMaxHeader = 100'000'000;
constexpr auto kMetadata = "__metadata__";

struct TypeName {
  std::string_view name;
  Stored stored;
};
// In the order in which tensors are written: descending alignment.
constexpr TypeName kWritten[] = {{"I64", Stored::i64},   {"F64", Stored::f64}, {"F32", Stored::f32},
                                 {"BF16", Stored::bf16}, {"U8", Stored::u8},   {"BOOL", Stored::b8}};
constexpr TypeName kReadOnly[] = {{"F16", Stored::f16}, {"I8", Stored::i8},   {"I16", Stored::i16},
                                  {"U16", Stored::u16}, {"I32", Stored::i32}, {"U32", Stored::u32},
                                  {"U64", Stored::u64}};

size_t written_rank(DType dtype) {
  const auto same = [&](const TypeName& type) { return io::info(type.stored).dtype == dtype; };
  return static_cast<size_t>(std::find_if(std::begin(kWritten), std::end(kWritten), same) -
                             std::begin(kWritten));
}

// --- writing

std::string escaped(const std::string& path, const std::string& text) {
  try {
    return Json(text).dump();
  } catch (const Json::exception&) {
    fail<ValueError>("{}: a name or metadata text is not valid UTF-8", path);
  }
}

size_t byte_size(const Tensor& tensor) {
  return static_cast<size_t>(tensor.numel()) * item_size(tensor.dtype());
}

std::string header_entry(const std::string& path, const std::string& name, const Tensor& tensor,
                         size_t begin) {
  std::string extents;
  for (int64_t extent : tensor.shape()) extents += fmt::format("{}{}", extents.empty() ? "" : ",", extent);
  return fmt::format(R"({}:{{"dtype":"{}","shape":[{}],"data_offsets":[{},{}]}})", escaped(path, name),
                     kWritten[written_rank(tensor.dtype())].name, extents, begin, begin + byte_size(tensor));
}

void check_names(const std::string& path, const nn::StateDict& tensors) {
  std::set<std::string_view> seen;
  for (const auto& [name, tensor] : tensors) {
    check<ValueError>(tensor.defined(), "{}: the tensor '{}' is undefined", path, name);
    check<ValueError>(name != kMetadata, "{}: a tensor may not be called {}", path, kMetadata);
    check<ValueError>(seen.insert(name).second, "{}: two tensors are called '{}'", path, name);
  }
}

// --- reading

struct Entry {
  std::string name;
  Stored type;
  Shape shape;
  uint64_t begin, end;
};

Json parse_header(const std::string& path, const uint8_t* text, size_t size) {
  std::vector<std::set<std::string>> keys;  // of every object that is open
  std::string duplicate;
  const auto watch = [&](int, Json::parse_event_t event, Json& value) {
    if (event == Json::parse_event_t::object_start) keys.emplace_back();
    if (event == Json::parse_event_t::object_end) keys.pop_back();
    if (event == Json::parse_event_t::key && !keys.back().insert(value.get<std::string>()).second)
      duplicate = value.get<std::string>();
    return true;
  };
  // The parser would skip a byte order mark; the format does not know one.
  check<IoError>(size > 0 && text[0] != 0xEF, "{}: the header at byte 8 does not begin with '{{'", path);
  Json header;
  try {
    header = Json::parse(text, text + size, watch);
  } catch (const Json::exception& error) {
    fail<IoError>("{}: the header at byte 8 is not JSON: {}", path, error.what());
  }
  check<IoError>(duplicate.empty(), "{}: the key '{}' occurs twice in the header", path, duplicate);
  check<IoError>(header.is_object(), "{}: the header at byte 8 is not a JSON object", path);
  return header;
}

const Json& field(const std::string& path, const std::string& name, const Json& entry, const char* key) {
  const auto found = entry.find(key);
  check<IoError>(found != entry.end(), "{}: '{}' has no {}", path, name, key);
  return *found;
}

uint64_t natural(const std::string& path, const std::string& name, const Json& value, const char* key) {
  check<IoError>(value.is_number_unsigned(), "{}: '{}' has {} {}; a natural number is needed", path, name,
                 key, value.dump());
  return value.get<uint64_t>();
}

Stored stored_type(const std::string& path, const std::string& name, const Json& value) {
  check<IoError>(value.is_string(), "{}: '{}' has a dtype that is not a string", path, name);
  const auto& text = value.get_ref<const std::string&>();
  for (const TypeName& type : kWritten)
    if (type.name == text) return type.stored;
  for (const TypeName& type : kReadOnly)
    if (type.name == text) return type.stored;
  fail<IoError>("{}: '{}' has dtype {}, which infograd has no counterpart for", path, name, text);
}

Entry parse_entry(const std::string& path, const std::string& name, const Json& json) {
  check<IoError>(json.is_object(), "{}: the entry '{}' is not an object", path, name);
  Entry entry{name, stored_type(path, name, field(path, name, json, "dtype")), {}, 0, 0};
  const Json& shape = field(path, name, json, "shape");
  check<IoError>(shape.is_array(), "{}: '{}' has a shape that is not a list", path, name);
  check<IoError>(shape.size() <= kMaxRank, "{}: '{}' has rank {}; at most {} is supported", path, name,
                 shape.size(), kMaxRank);
  for (const Json& extent : shape) {
    const uint64_t value = natural(path, name, extent, "extent");
    check<IoError>(value <= static_cast<uint64_t>(INT64_MAX), "{}: '{}' has extent {}", path, name, value);
    entry.shape.push_back(static_cast<int64_t>(value));
  }
  const Json& offsets = field(path, name, json, "data_offsets");
  check<IoError>(offsets.is_array() && offsets.size() == 2,
                 "{}: '{}' has data_offsets that are not two numbers", path, name);
  entry.begin = natural(path, name, offsets[0], "offset");
  entry.end = natural(path, name, offsets[1], "offset");
  check<IoError>(entry.begin <= entry.end, "{}: '{}' ends at {} before it begins at {}", path, name,
                 entry.end, entry.begin);
  const auto size = io::array_bytes(entry.shape, io::info(entry.type).bytes);
  check<IoError>(size == entry.end - entry.begin,
                 "{}: '{}' of shape {} has data_offsets [{}, {}], expected {} bytes", path, name,
                 to_string(entry.shape), entry.begin, entry.end,
                 size ? fmt::format("{}", *size) : "too many");
  return entry;
}

Metadata parse_metadata(const std::string& path, const Json& json) {
  check<IoError>(json.is_object(), "{}: {} is not an object", path, kMetadata);
  Metadata metadata;
  for (const auto& [key, value] : json.items()) {
    check<IoError>(value.is_string(), "{}: {} '{}' is {}; only strings are legal", path, kMetadata, key,
                   value.type_name());
    metadata[key] = value.get<std::string>();
  }
  return metadata;
}

// Sorted by offset, the entries must tile the buffer without hole or overlap.
void check_tiling(const std::string& path, std::vector<Entry>& entries, uint64_t buffer) {
  std::stable_sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
  });
  uint64_t at = 0;
  for (const Entry& entry : entries) {
    check<IoError>(entry.begin == at, "{}: '{}' begins at offset {}, the tensor before it ends at {}", path,
                   entry.name, entry.begin, at);
    at = entry.end;
  }
  check<IoError>(at == buffer, "{}: the tensors take {} bytes, the file holds {}", path, at, buffer);
}

}  // namespace

void save_safetensors(const std::string& path, const nn::StateDict& tensors, const Metadata& metadata) {
  check_names(path, tensors);
  std::vector<size_t> order(tensors.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return std::pair(written_rank(tensors[a].second.dtype()), std::string_view(tensors[a].first)) <
           std::pair(written_rank(tensors[b].second.dtype()), std::string_view(tensors[b].first));
  });

  std::vector<std::string> parts;
  if (!metadata.empty()) {
    std::string inner;
    for (const auto& [key, value] : metadata)
      inner += fmt::format("{}{}:{}", inner.empty() ? "" : ",", escaped(path, key), escaped(path, value));
    parts.push_back(fmt::format("\"{}\":{{{}}}", kMetadata, inner));
  }
  size_t offset = 0;
  for (size_t i : order) {
    parts.push_back(header_entry(path, tensors[i].first, tensors[i].second, offset));
    offset += byte_size(tensors[i].second);
  }
  std::string header = "{";
  for (size_t i = 0; i < parts.size(); ++i) header += (i == 0 ? "" : ",") + parts[i];
  header += '}';
  header.resize((header.size() + 7) / 8 * 8, ' ');
  check<ValueError>(header.size() <= kMaxHeader,
                    "{}: a header of {} bytes is above the limit of the format, {}", path, header.size(),
                    kMaxHeader);

  io::write_file_atomically(path, [&](const io::Sink& sink) {
    const uint64_t size = header.size();
    sink(&size, sizeof size);
    sink(header.data(), header.size());
    for (size_t i : order) {
      const Tensor host = tensors[i].second.detach().to(cpu).contiguous();
      if (host.numel() > 0) sink(host.raw_data(), byte_size(host));
    }
  });
}

TensorFile load_safetensors(const std::string& path) {
  const io::Bytes bytes = io::read_file(path);
  check<IoError>(bytes.size() >= 8, "{}: {} bytes are too short for a safetensors file", path, bytes.size());
  const auto size = io::load_little<uint64_t>(bytes.data());
  check<IoError>(size <= kMaxHeader && size <= bytes.size() - 8,
                 "{}: the header claims {} bytes; the file has {} after byte 8, the limit is {}", path, size,
                 bytes.size() - 8, kMaxHeader);
  const Json header = parse_header(path, bytes.data() + 8, size);
  TensorFile file;
  std::vector<Entry> entries;
  for (const auto& [name, value] : header.items()) {
    if (name == kMetadata)
      file.metadata = parse_metadata(path, value);
    else
      entries.push_back(parse_entry(path, name, value));
  }
  const uint8_t* buffer = bytes.data() + 8 + size;
  check_tiling(path, entries, bytes.size() - 8 - size);
  for (const Entry& entry : entries)
    file.tensors.emplace_back(entry.name, io::decode(entry.type, false, buffer + entry.begin, entry.shape,
                                                     fmt::format("{}: '{}'", path, entry.name)));
  return file;
}

}  // namespace infograd::checkpoint
