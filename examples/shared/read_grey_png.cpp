#include "read_grey_png.h"

#define STB_IMAGE_STATIC
#define STB_IMAGE_IMPLEMENTATION
#define STBI_ONLY_PNG
#include <memory>
#include <vector>

#include <stb_image.h>

#include <infograd/core/error.h>
#include <infograd/nn/data/transforms.h>
#include <infograd/ops/creation.h>

namespace shared {

infograd::Tensor read_grey_png(const std::string& path) {
  int width = 0, height = 0, channels = 0;
  const std::unique_ptr<stbi_uc, void (*)(void*)> pixels(
      stbi_load(path.c_str(), &width, &height, &channels, 1), stbi_image_free);
  if (!pixels) throw infograd::IoError(path + ": not a PNG that can be read");
  const std::vector<uint8_t> bytes(pixels.get(), pixels.get() + ptrdiff_t{width} * height);
  return infograd::data::to_float(infograd::from_data(bytes, {height, width}));
}

}  // namespace shared
