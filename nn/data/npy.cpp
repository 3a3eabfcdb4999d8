#include <optional>
#include <string_view>

#include <infograd/core/check.h>
#include <infograd/nn/data/npy.h>
#include <infograd/nn/io/decode.h>
#include <infograd/nn/io/file.h>

namespace infograd::data {

namespace {

using io::Stored;
constexpr std::string_view kMagic = "\x93NUMPY";
constexpr size_t kMaxHeader = size_t{1} << 20U;

struct Header {
  std::string descr;
  bool fortran = false;
  std::vector<uint64_t> shape;
};

// Reads the Python dict literal: exactly the keys descr, fortran_order and shape, in any order and any
// spacing.
class HeaderParser {
 public:
  HeaderParser(const std::string& path, std::string_view text, size_t base)
      : path_(path), text_(text), base_(base) {}

  Header parse() {
    Header header;
    bool seen[3] = {false, false, false};
    expect('{');
    while (!accept('}')) {
      const size_t at = at_;
      const std::string key = string();
      expect(':');
      const int index = key == "descr" ? 0 : key == "fortran_order" ? 1 : key == "shape" ? 2 : -1;
      if (index < 0) error(at, fmt::format("unexpected key '{}'", key));
      if (seen[index]) error(at, fmt::format("the key '{}' occurs twice", key));
      seen[index] = true;
      if (index == 0) header.descr = descr();
      if (index == 1) header.fortran = boolean();
      if (index == 2) header.shape = tuple();
      if (!accept(',')) {
        expect('}');
        break;
      }
    }
    skip_space();
    if (at_ != text_.size()) error(at_, "text after the header");
    if (!(seen[0] && seen[1] && seen[2])) error(at_, "descr, fortran_order or shape is missing");
    return header;
  }

 private:
  [[noreturn]] void error(size_t at, const std::string& what) const {
    fail<IoError>("{}: .npy header, byte {}: {}", path_, base_ + at, what);
  }
  void skip_space() {
    while (at_ < text_.size() &&
           (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t' || text_[at_] == '\r'))
      ++at_;
  }
  bool accept(char c) {
    skip_space();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void expect(char c) {
    if (!accept(c)) error(at_, fmt::format("'{}' expected", c));
  }
  std::string string() {
    skip_space();
    const char quote = at_ < text_.size() ? text_[at_] : '\0';
    if (quote != '\'' && quote != '"') error(at_, "a quoted string expected");
    const size_t end = text_.find(quote, at_ + 1);
    if (end == std::string_view::npos) error(at_, "the string does not end");
    std::string value(text_.substr(at_ + 1, end - at_ - 1));
    at_ = end + 1;
    return value;
  }
  std::string descr() {
    skip_space();
    if (at_ < text_.size() && text_[at_] == '[') error(at_, "structured types are not supported");
    return string();
  }
  bool boolean() {
    skip_space();
    for (const auto& [word, value] :
         {std::pair{std::string_view("True"), true}, {std::string_view("False"), false}})
      if (text_.substr(at_).starts_with(word)) {
        at_ += word.size();
        return value;
      }
    error(at_, "True or False expected");
  }
  std::vector<uint64_t> tuple() {
    std::vector<uint64_t> extents;
    expect('(');
    while (!accept(')')) {
      extents.push_back(extent());
      if (!accept(',')) {
        expect(')');
        if (extents.size() == 1) error(at_, "(n) is not a tuple; (n,) expected");
        break;
      }
    }
    return extents;
  }
  uint64_t extent() {
    skip_space();
    const size_t begin = at_;
    uint64_t value = 0;
    for (; at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9'; ++at_)
      if (__builtin_mul_overflow(value, uint64_t{10}, &value) ||
          __builtin_add_overflow(value, static_cast<uint64_t>(text_[at_] - '0'), &value) || value > INT64_MAX)
        error(begin, "an extent overflows");
    if (at_ == begin) error(at_, "a natural number expected");
    if (at_ < text_.size() && text_[at_] == 'L') ++at_;  // files of Python 2
    return value;
  }

  const std::string& path_;
  std::string_view text_;
  size_t base_;  // of the text in the file
  size_t at_ = 0;
};

struct Element {
  Stored type;
  bool big_endian;
};

Element element(const std::string& path, const std::string& descr) {
  constexpr std::pair<std::string_view, Stored> kTypes[] = {
      {"f2", Stored::f16}, {"f4", Stored::f32}, {"f8", Stored::f64}, {"i1", Stored::i8},
      {"i2", Stored::i16}, {"i4", Stored::i32}, {"i8", Stored::i64}, {"u1", Stored::u8},
      {"u2", Stored::u16}, {"u4", Stored::u32}, {"u8", Stored::u64}, {"b1", Stored::b8}};
  if (descr.size() == 3)
    for (const auto& [name, type] : kTypes)
      if (name == std::string_view(descr).substr(1)) {
        const char order = descr[0];
        const bool single = io::info(type).bytes == 1 && type != Stored::i64;
        if (order == '<' || order == '>' || (single && order == '|')) return {type, order == '>'};
      }
  check<IoError>(descr.find('O') == std::string::npos,
                 "{}: dtype '{}' holds pickled objects; loading them could run code, save plain numbers",
                 path, descr);
  fail<IoError>("{}: dtype '{}' is not supported; f2 f4 f8 i1 i2 i4 i8 u1 u2 u4 u8 b1 are", path, descr);
}

Tensor from_fortran(const Tensor& reversed) {
  Shape shape;
  for (int axis = reversed.rank() - 1; axis >= 0; --axis) shape.push_back(reversed.size(axis));
  Strides strides;
  for (int axis = reversed.rank() - 1; axis >= 0; --axis) strides.push_back(reversed.strides()[axis]);
  return make_view(reversed, shape, strides, 0).contiguous();
}

}  // namespace

void save_npy(const std::string& path, const Tensor& tensor) {
  check_defined("save_npy", "tensor", tensor);
  constexpr std::string_view kDescr[] = {"<f4", "<f8", "", "<i8", "|u1", "|b1"};
  const std::string_view descr = kDescr[static_cast<size_t>(tensor.dtype())];
  check<DTypeError>(!descr.empty(), "save_npy: NumPy has no {}; convert to f32 or write safetensors",
                    name(tensor.dtype()));
  std::string shape;
  for (int64_t extent : tensor.shape()) shape += fmt::format("{}{}", shape.empty() ? "" : ", ", extent);
  if (tensor.rank() == 1) shape += ",";
  std::string header =
      fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}), }}", descr, shape);
  const size_t prefix = kMagic.size() + 4;
  header.resize((prefix + header.size() + 1 + 63) / 64 * 64 - prefix - 1, ' ');
  header += '\n';
  const Tensor host = tensor.detach().to(cpu).contiguous();
  io::write_file_atomically(path, [&](const io::Sink& sink) {
    const auto size = static_cast<uint16_t>(header.size());
    sink(kMagic.data(), kMagic.size());
    sink("\x01\x00", 2);
    sink(&size, sizeof size);
    sink(header.data(), header.size());
    if (host.numel() > 0) sink(host.raw_data(), static_cast<size_t>(host.numel()) * item_size(host.dtype()));
  });
}

Tensor load_npy(const std::string& path, const NpyOptions& options) {
  const io::Bytes bytes = io::read_file(path);
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  check<IoError>(text.starts_with(kMagic) && bytes.size() >= 10,
                 "{}: not an .npy file: the first bytes are not \\x93NUMPY", path);
  const int major = bytes[6], minor = bytes[7];
  check<IoError>(major >= 1 && major <= 3 && minor == 0, "{}: .npy version {}.{}; 1.0, 2.0 and 3.0 are known",
                 path, major, minor);
  const size_t begin = major == 1 ? 10 : 12;
  check<IoError>(bytes.size() >= begin, "{}: {} bytes are too short for an .npy prefix of {}", path,
                 bytes.size(), begin);
  const size_t size =
      major == 1 ? io::load_little<uint16_t>(&bytes[8]) : io::load_little<uint32_t>(&bytes[8]);
  check<IoError>(size <= kMaxHeader && size <= bytes.size() - begin,
                 "{}: the header claims {} bytes; the file has {} after byte {}, the limit is {}", path, size,
                 bytes.size() - begin, begin, kMaxHeader);
  const Header header = HeaderParser(path, text.substr(begin, size), begin).parse();
  const Element type = element(path, header.descr);
  check<IoError>(header.shape.size() <= kMaxRank, "{}: rank {}; at most {} is supported", path,
                 header.shape.size(), kMaxRank);
  Shape shape;
  for (uint64_t extent : header.shape) shape.push_back(static_cast<int64_t>(extent));
  const size_t have = bytes.size() - begin - size;
  const auto need = io::array_bytes(shape, io::info(type.type).bytes);
  check<IoError>(need.has_value() && *need <= have,
                 "{}: shape {} of '{}' needs {} bytes after byte {}, found {}", path, to_string(shape),
                 header.descr, need ? fmt::format("{}", *need) : "too many", begin + size, have);
  check<IoError>(*need == have || options.allow_trailing,
                 "{}: {} bytes after the array; pass allow_trailing if that is meant", path, have - *need);
  if (header.fortran) {
    Shape reversed;
    for (int axis = shape.rank() - 1; axis >= 0; --axis) reversed.push_back(shape[axis]);
    shape = reversed;
  }
  const Tensor stored = io::decode(type.type, type.big_endian, bytes.data() + begin + size, shape, path);
  return header.fortran ? from_fortran(stored) : stored;
}

}  // namespace infograd::data
