// NumPy's .npy: any tensor to Python and back, bit for bit.
#pragma once

#include <string>

#include <infograd/core/tensor.h>

namespace infograd::data {

/// Writes version 1.0, C order, atomically: numpy.load gives an equal array. bf16 throws DTypeError (NumPy
/// has none).
INFOGRAD_API void save_npy(const std::string& path, const Tensor& tensor);

struct NpyOptions {
  bool allow_trailing = false;  ///< bytes after the array are ignored instead of an error
};
/// Reads versions 1.0 to 3.0. f2 becomes f32, small integers i64; big-endian and Fortran order are converted.
/// Object, string and structured types, and anything malformed, throw IoError.
INFOGRAD_API Tensor load_npy(const std::string& path, const NpyOptions& options = {});

}  // namespace infograd::data
