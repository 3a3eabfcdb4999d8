#include "replace_file.h"

#include <filesystem>
#include <fstream>

#include <infograd/core/error.h>

namespace shared {

void replace_file(const std::string& path, const std::string& text) {
  const std::string next = path + ".new";
  std::ofstream file(next, std::ios::trunc);
  file << text;
  file.close();
  if (!file) throw infograd::IoError("cannot write " + next);
  std::filesystem::rename(next, path);
}

}  // namespace shared
