// safetensors: 8 bytes header size, a JSON header, raw tensors. Opens in Python, Rust and NumPy without us.
#pragma once

#include <map>
#include <string>

#include <infograd/nn/state_dict.h>

namespace infograd::checkpoint {

using Metadata = std::map<std::string, std::string>;

struct TensorFile {
  nn::StateDict tensors;  ///< in file order
  Metadata metadata;
};

/// Writes atomically: at any moment the file is the old one or the new one, complete. Device tensors are
/// brought to the host; an alias is written once per name. Throws ValueError for duplicate or reserved names,
/// IoError when the disk refuses.
INFOGRAD_API void save_safetensors(const std::string& path, const nn::StateDict& tensors,
                                   const Metadata& metadata = {});

/// Reads a whole file. F32, F64, BF16, I64, U8 and BOOL keep their type, F16 becomes f32, other integers i64;
/// types without a counterpart throw. Everything is checked before the first tensor is made; malformed files
/// throw IoError.
INFOGRAD_API TensorFile load_safetensors(const std::string& path);

}  // namespace infograd::checkpoint
