#include "basin.h"

namespace registration {

using namespace ig;

double Basin::share() const {
  return mean(lt(errors, kSuccess).to(DType::f64)).item();
}

std::vector<Basin> basins(const Options& options) {
  std::vector<Basin> all;
  for (const shared::IntensityMap map : {shared::IntensityMap::same, shared::IntensityMap::inverted}) {
    if (options.quick && map != shared::IntensityMap::same) continue;
    for (const shared::ImageLoss& loss : shared::single_losses()) all.push_back({.map = map, .loss = loss});
  }
  return all;
}

void explore(Basin& basin, const Options& options) {
  const int64_t n = options.starts, all = n * n;
  Scenes scene = textures(options.seed, 1);
  scene.canvases = scene.canvases.to(options.device);
  Problem problem = translation(scene, basin.map, 0);
  for (Tensor* each : {&problem.fixed, &problem.moving})
    *each = expand(*each, {all, 1, kSide, kSide}).contiguous();
  problem.truth = zeros({all, 2, 1}, DType::f32, options.device);
  const Tensor line = linspace(-kFarthestStart, kFarthestStart, n, DType::f32, options.device);
  const Tensor x = expand(unsqueeze(line, 0), {n, n}), y = expand(unsqueeze(line, 1), {n, n});
  const Tensor start = reshape(stack({x, y}, 2), {all, 2, 1});
  basin.errors = from_data(align(problem, basin.loss, 1, start).errors, {n, n});
}

void draw(const std::vector<Basin>& basins, const std::string& path) {
  std::vector<Tensor> panels;
  int64_t columns = 0;
  for (const Basin& basin : basins) {
    if (basin.map == basins.front().map) ++columns;
    const Tensor grey = affine(clamp(basin.errors, 0, kFarthestStart), -.6 / kFarthestStart, .7);
    panels.push_back(where(lt(basin.errors, kSuccess), ones_like(grey), grey));
  }
  data::write_png(path, data::image_grid(stack(panels), {.columns = columns, .padding = 6, .zoom = 10}));
}

}  // namespace registration
