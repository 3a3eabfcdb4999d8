// Files that are whole or not there.
#pragma once

#include <string>

namespace shared {

/// Writes a file at once: a reader finds the old one or the whole new one. Throws IoError.
void replace_file(const std::string& path, const std::string& text);

}  // namespace shared
