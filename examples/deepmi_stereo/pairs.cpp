#include "pairs.h"

#include "../shared/blur.h"

namespace stereo {

using namespace ig;

namespace {

constexpr int64_t kMargin = 8;

/// [B, 1, 32, 80]
Tensor textures(int64_t count, Generator& generator) {
  constexpr int kRadius = 3;
  const Tensor noise = rand_uniform({count, 1, kHeight + 2 * kRadius, kWidth + 2 * (kMargin + kRadius)}, 0, 1,
                                    DType::f32, generator);
  return shared::rescale_each(shared::gaussian_blur(noise, 1, kRadius), .05, .95);
}

/// A 3 x 4 grid of random disparities, its corners on those of the image.
Tensor disparities(int64_t count, Generator& generator) {
  const Tensor coarse = rand_uniform({count, 1, 3, 4}, .3, 3.7, DType::f32, generator);
  const Shape all{count, kHeight, kWidth};
  const Tensor x = linspace(0, 3, kWidth), y = reshape(linspace(0, 2, kHeight), {kHeight, 1});
  return grid_sample_bilinear(coarse, expand(x, all), expand(y, all)).value;
}

Tensor photographed(const Tensor& scene, Generator& generator) {
  return clamp(data::add_noise(scene, .01, generator), 0, 1);
}

}  // namespace

Grid pixel_grid(Device device) {
  const Shape all{1, kHeight, kWidth};
  const Tensor y = arange(0, kHeight, 1, DType::f32, device);
  return {.x = expand(arange(0, kWidth, 1, DType::f32, device), all),
          .y = expand(reshape(y, {kHeight, 1}), all)};
}

Pairs draw_pairs(int64_t count, shared::IntensityMap map, Generator& generator, Device device) {
  const Tensor scene = textures(count, generator), disparity = disparities(count, generator);
  const Grid grid = pixel_grid(cpu);
  const Tensor x = grid.x + double{kMargin} - squeeze(disparity, 1);
  const Tensor seen = grid_sample_bilinear(scene, x, expand(grid.y, x.shape())).value;
  const Tensor centre = slice(scene, 3, kMargin, kMargin + kWidth);
  return {.left = photographed(seen, generator).to(device),
          .right = photographed(shared::apply(map, centre), generator).to(device),
          .disparity = disparity.to(device)};
}

}  // namespace stereo
