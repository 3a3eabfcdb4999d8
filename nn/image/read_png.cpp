#define STB_IMAGE_STATIC
#define STB_IMAGE_IMPLEMENTATION
#define STBI_ONLY_PNG
#define STBI_NO_STDIO
#include <memory>

#include <stb_image.h>

#include <infograd/core/check.h>
#include <infograd/nn/image/png.h>
#include <infograd/nn/io/file.h>
#include <infograd/ops/creation.h>

namespace infograd::data {

Tensor read_png(const std::string& path) {
  const io::Bytes file = io::read_file(path);
  const int size = static_cast<int>(std::min<size_t>(file.size(), 1U << 30U));
  int width = 0, height = 0, channels = 0;
  const bool known = stbi_info_from_memory(file.data(), size, &width, &height, &channels) != 0;
  const int wanted = channels >= 3 ? 3 : 1;
  const std::unique_ptr<stbi_uc, decltype(&stbi_image_free)> pixels(
      known ? stbi_load_from_memory(file.data(), size, &width, &height, &channels, wanted) : nullptr,
      &stbi_image_free);
  check<IoError>(pixels != nullptr, "{}: not a readable PNG: {}", path, stbi_failure_reason());
  const Shape shape = wanted == 3 ? Shape{height, width, 3} : Shape{height, width};
  return from_data(std::span<const uint8_t>(pixels.get(), static_cast<size_t>(shape.numel())), shape);
}

}  // namespace infograd::data
