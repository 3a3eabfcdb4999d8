#include "cifar.h"

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include <fmt/core.h>

#include <infograd/core/error.h>
#include <infograd/ops/creation.h>

namespace mige_dim {

namespace ig = infograd;

namespace {

constexpr size_t kPixels = 3 * 32 * 32, kRecord = 1 + kPixels;

std::vector<char> read(const std::string& dir, const std::string& name) {
  const std::string tried[] = {dir + "/" + name, dir + "/cifar-10-batches-bin/" + name};
  for (const std::string& path : tried) {
    if (!std::filesystem::is_regular_file(path)) continue;
    std::ifstream file(path, std::ios::binary);
    std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
    if (file.bad() || bytes.empty() || bytes.size() % kRecord != 0)
      throw ig::IoError(fmt::format(
          "{}: {} bytes are not a number of CIFAR-10 records of {}; is it the binary version, unpacked, and "
          "whole?",
          path, bytes.size(), kRecord));
    return bytes;
  }
  throw ig::IoError(fmt::format("no {}: tried {} and {}; --cifar wants the directory of the binary version",
                                name, tried[0], tried[1]));
}

}  // namespace

ig::data::Dataset read_cifar10(const std::string& dir, ig::data::Split split) {
  std::vector<std::string> names{"test_batch.bin"};
  if (split == ig::data::Split::train) {
    names.clear();
    for (int i = 1; i <= 5; ++i) names.push_back(fmt::format("data_batch_{}.bin", i));
  }
  std::vector<uint8_t> pixels;
  std::vector<int64_t> labels;
  for (const std::string& name : names) {
    const std::vector<char> bytes = read(dir, name);
    for (auto record = bytes.begin(); record != bytes.end(); record += kRecord) {
      const auto label = static_cast<uint8_t>(*record);
      if (label > 9)
        throw ig::IoError(fmt::format("{}/{}: record {} has label {}, expected 0 to 9", dir, name,
                                      (record - bytes.begin()) / static_cast<std::ptrdiff_t>(kRecord),
                                      label));
      labels.push_back(label);
      pixels.insert(pixels.end(), record + 1, record + kRecord);
    }
  }
  const auto n = static_cast<int64_t>(labels.size());
  return {.images = ig::from_data(pixels, {n, 3, 32, 32}), .labels = ig::from_data(labels, {n})};
}

}  // namespace mige_dim
