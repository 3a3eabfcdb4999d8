#include <array>
#include <cstdlib>
#include <vector>

#include <infograd/core/check.h>
#include <infograd/core/trace.h>
#include <infograd/nn/data/idx_payload.h>
#include <infograd/nn/data/mnist.h>

namespace infograd::data {

namespace {

struct File {
  const char* stem;
  const char* kind;
  uint32_t crc;  // of the uncompressed payload
};
constexpr File kTrainImages{"train-images", "idx3-ubyte", 0xe9f4d8b3U};
constexpr File kTrainLabels{"train-labels", "idx1-ubyte", 0xe0cb4ad2U};
constexpr File kTestImages{"t10k-images", "idx3-ubyte", 0x91373bdfU};
constexpr File kTestLabels{"t10k-labels", "idx1-ubyte", 0x4ab9eff9U};

std::array<std::string, 4> spellings(const std::string& dir, const File& file) {
  const std::string dashed = fmt::format("{}/{}-{}", dir, file.stem, file.kind);
  const std::string dotted = fmt::format("{}/{}.{}", dir, file.stem, file.kind);
  return {dashed, dashed + ".gz", dotted, dotted + ".gz"};
}

// The spelling that exists, or "".
std::string locate(const std::string& dir, const File& file) {
  for (const auto& name : spellings(dir, file))
    if (io::is_file(name)) return name;
  return "";
}

bool holds(const std::string& dir, std::initializer_list<File> files) {
  for (const File& file : files)
    if (locate(dir, file).empty()) return false;
  return true;
}

std::vector<std::string> candidates(const std::string& dir) {
  return {dir, dir + "/mnist", dir + "/MNIST/raw"};
}

struct Read {
  std::string path;
  Tensor values;
};

Read read(const std::string& dir, const File& file, bool verify) {
  const std::string path = locate(dir, file);
  if (path.empty()) {
    std::string tried;
    for (const auto& folder : candidates(dir))
      for (const auto& name : spellings(folder, file)) tried += "\n  " + name;
    fail<IoError>("mnist: no {} in '{}'; tried{}", file.stem, dir, tried);
  }
  const io::Bytes bytes = read_idx_payload(path);
  if (const uint32_t crc = payload_crc32(bytes); crc != file.crc) {
    const auto text =
        fmt::format("{}: CRC-32 of the payload is {:08x}, that of MNIST is {:08x}", path, crc, file.crc);
    check<IoError>(!verify, "{}", text);
    trace::warn_once(text, text + "; fine for another data set in the same format");
  }
  return {path, parse_idx(path, bytes)};
}

// The first n of contiguous host data, copied so that the rest is freed.
Tensor first(const Tensor& x, int64_t n, const Shape& shape) {
  Tensor out = empty(shape, x.dtype());
  const auto* from = static_cast<const uint8_t*>(x.raw_data());
  std::copy_n(from, n * (x.numel() / std::max<int64_t>(x.size(0), 1)), static_cast<uint8_t*>(out.raw_data()));
  return out;
}

}  // namespace

std::string find_mnist(const std::string& dir) {
  std::string root = dir;
  if (root.empty()) {
    const char* environment = std::getenv("INFOGRAD_DATA");
    if (environment == nullptr || *environment == '\0') return "";
    root = environment;
  }
  for (const auto& folder : candidates(root))
    if (holds(folder, {kTrainImages, kTrainLabels, kTestImages, kTestLabels})) return folder;
  return "";
}

bool holds_mnist(const std::string& dir) {
  return !dir.empty() && !find_mnist(dir).empty();
}

Dataset mnist(const std::string& dir, Split split, const MnistOptions& options) {
  check<ValueError>(options.limit >= 0 && options.classes >= 1,
                    "mnist: limit {} must not be negative and classes {} must be positive", options.limit,
                    options.classes);
  const File& image_file = split == Split::train ? kTrainImages : kTestImages;
  const File& label_file = split == Split::train ? kTrainLabels : kTestLabels;
  std::string folder = dir;
  for (const auto& candidate : candidates(dir))
    if (holds(candidate, {image_file, label_file})) {
      folder = candidate;
      break;
    }
  const auto [image_path, images] = read(folder, image_file, options.verify);
  const auto [label_path, labels] = read(folder, label_file, options.verify);
  check<IoError>(images.dtype() == DType::u8 && images.rank() == 3, "{}: expected u8 [N, H, W], found {}",
                 image_path, describe(images));
  check<IoError>(labels.dtype() == DType::u8 && labels.rank() == 1, "{}: expected u8 [N], found {}",
                 label_path, describe(labels));
  check<IoError>(images.size(0) == labels.size(0), "{} holds {} images but {} holds {} labels", image_path,
                 images.size(0), label_path, labels.size(0));
  const int64_t n = options.limit > 0 ? std::min(options.limit, images.size(0)) : images.size(0);
  Dataset result{first(images, n, {n, 1, images.size(1), images.size(2)}), empty({n}, DType::i64)};
  const uint8_t* from = labels.data<uint8_t>();
  int64_t* to = result.labels.data<int64_t>();
  for (int64_t i = 0; i < n; ++i) {
    check<IoError>(from[i] < options.classes, "{}: label number {} is {}, outside 0 .. {}", label_path, i,
                   from[i], options.classes - 1);
    to[i] = from[i];
  }
  return result;
}

}  // namespace infograd::data
