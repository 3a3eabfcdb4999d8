// Files for tests: a directory that vanishes, raw bytes in and out, random damage.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <infograd/core/error.h>
#include <infograd/core/generator.h>

#include "tests/message_of.h"

namespace infograd::test {

using Bytes = std::vector<uint8_t>;

class FileTest : public testing::Test {
 protected:
  FileTest() {
    // In memory where possible: damaged files are written by the thousand.
    const bool memory = std::filesystem::is_directory("/dev/shm");
    std::string pattern = (memory ? "/dev/shm/" : testing::TempDir()) + std::string("infograd-XXXXXX");
    directory_ = mkdtemp(pattern.data());
  }
  ~FileTest() override {
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }
  std::string path(const std::string& name) const { return directory_ + "/" + name; }
  std::string write(const std::string& name, const Bytes& bytes) const {
    std::filesystem::create_directories(std::filesystem::path(path(name)).parent_path());
    std::ofstream(path(name), std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), std::ssize(bytes));
    return path(name);
  }
  static Bytes read(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  size_t files() const {
    return static_cast<size_t>(std::distance(std::filesystem::directory_iterator(directory_), {}));
  }

 private:
  std::string directory_;
};

inline Bytes bytes(std::string_view text) {
  return {text.begin(), text.end()};
}
inline Bytes operator+(Bytes a, const Bytes& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

/// A copy with a few bytes changed, dropped or added.
inline Bytes damaged(Bytes bytes, Generator& generator) {
  for (uint64_t change = 0; change < 1 + generator.below(4) && !bytes.empty(); ++change) {
    const auto at = static_cast<std::ptrdiff_t>(generator.below(bytes.size()));
    const auto byte = static_cast<uint8_t>(generator.below(256));
    switch (generator.below(4)) {
      case 0:
        bytes.erase(bytes.begin() + at);
        break;
      case 1:
        bytes.insert(bytes.begin() + at, byte);
        break;
      case 2:
        bytes.resize(static_cast<size_t>(at));
        break;
      default:
        bytes[static_cast<size_t>(at)] = byte;
    }
  }
  return bytes;
}

}  // namespace infograd::test
