#include "scenes.h"

#include <algorithm>
#include <cmath>
#include <filesystem>

#include <fmt/core.h>

#include "../shared/blur.h"

namespace registration {

using namespace ig;

namespace {

/// The middle of x [1, 1, H, W].
Tensor central(const Tensor& x) {
  const auto middle = [](const Tensor& image, int axis) {
    const int64_t begin = (image.size(axis) - kCanvas) / 2;
    return slice(image, axis, begin, begin + kCanvas);
  };
  return middle(middle(x, 2), 3);
}

}  // namespace

Scenes textures(uint64_t first, int64_t count) {
  Scenes scenes{.name = "textures"};
  std::vector<Tensor> canvases;
  for (int64_t i = 0; i < count; ++i) {
    scenes.seeds.push_back(first + static_cast<uint64_t>(i));
    Generator generator(scenes.seeds.back());
    const Tensor noise = rand_uniform({1, 1, 136, 136}, 0, 1, DType::f32, generator);
    canvases.push_back(shared::rescale_each(central(shared::gaussian_blur(noise, 2, 6)), .05, .95));
  }
  scenes.canvases = concat(canvases);
  return scenes;
}

Scenes photographs(const std::string& folder, int64_t count) {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.path().extension() == ".png") files.push_back(entry.path().string());
  std::sort(files.begin(), files.end());
  if (static_cast<int64_t>(files.size()) < count)
    throw IoError(fmt::format("{}: {} photographs wanted, {} PNG files found", folder, count, files.size()));
  Scenes scenes{.name = "photographs"};
  std::vector<Tensor> canvases;
  for (int64_t i = 0; i < count; ++i) {
    scenes.seeds.push_back(static_cast<uint64_t>(i) + 1);
    const std::string& file = files[static_cast<size_t>(i)];
    const Tensor photograph = data::read_png(file);
    if (photograph.rank() != 2 || photograph.size(0) < kCanvas || photograph.size(1) < kCanvas)
      throw IoError(fmt::format("{}: not grey, or smaller than {} x {} pixels", file, kCanvas, kCanvas));
    const Tensor batch = reshape(photograph, {1, 1, photograph.size(0), photograph.size(1)});
    canvases.push_back(data::to_float(central(batch)));
  }
  scenes.canvases = concat(canvases);
  return scenes;
}

}  // namespace registration
