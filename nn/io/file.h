// Private: whole files in, whole files out. Formats parse memory; the disk is touched only here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include <infograd/core/export.h>

namespace infograd::io {

using Bytes = std::vector<uint8_t>;

bool is_file(const std::string& path);
/// The whole file. Throws IoError with the path and the system's reason.
Bytes read_file(const std::string& path);

/// Appends to the file being written.
using Sink = std::function<void(const void* data, size_t bytes)>;
/// Runs `write` on a temporary sibling, flushes it to the disk and renames it over `path`: whoever opens
/// `path`, at whatever moment the process dies, finds the old file or the whole new one. An exception in
/// `write` leaves `path` untouched.
void write_file_atomically(const std::string& path, const std::function<void(const Sink&)>& write);

}  // namespace infograd::io
