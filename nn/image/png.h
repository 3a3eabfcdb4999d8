// PNG in and out, and contact sheets.
#pragma once

#include <cstdint>
#include <string>

#include <infograd/core/tensor.h>

namespace infograd::data {

/// Writes u8 [H, W] or [1, H, W] (grey) or [H, W, 3] (RGB), atomically. Throws ShapeError, DTypeError or
/// IoError.
INFOGRAD_API void write_png(const std::string& path, const Tensor& image);

/// u8 [H, W] of a grey file, [H, W, 3] of a coloured one; transparency is dropped, 16 bits become 8. Throws
/// IoError naming the file and what is wrong.
INFOGRAD_API Tensor read_png(const std::string& path);

struct GridOptions {
  int64_t columns = 0;  ///< 0 = as square as possible
  int64_t padding = 2;  ///< pixels between and around the images
  int64_t zoom = 1;     ///< each pixel becomes zoom x zoom
  double low = 0;       ///< floating images: this value is black,
  double high = 1;      ///< and this one white; u8 images are taken as they are
  uint8_t background = 64;
};
/// A contact sheet u8 [H, W] of images [N, H, W] or [N, 1, H, W], u8 or floating.
INFOGRAD_API Tensor image_grid(const Tensor& images, const GridOptions& options = {});

}  // namespace infograd::data
