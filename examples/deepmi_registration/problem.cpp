#include "problem.h"

#include <cmath>
#include <numbers>

namespace registration {

using namespace ig;

namespace {

constexpr double kHalf = (kSide - 1) / 2.0;  // from the centre to the outermost pixels

/// Column numbers of the window, [1, 64, 64]; their transpose are row numbers.
Tensor columns(Device device) {
  return expand(arange(0, kSide, 1, DType::f32, device), {1, kSide, kSide});
}

Tensor crop(const Tensor& canvases) {
  return slice(slice(canvases, 2, kMargin, kMargin + kSide), 3, kMargin, kMargin + kSide).contiguous();
}

/// What the other sensor sees.
Tensor other_sensor(const Tensor& images, shared::IntensityMap map, const Scenes& scenes) {
  std::vector<Tensor> noise;
  for (const uint64_t seed : scenes.seeds) {
    Generator generator(seed);
    generator.split();
    Generator of_noise = generator.split();
    noise.push_back(rand_normal({1, 1, kSide, kSide}, 0, .02, DType::f32, of_noise));
  }
  return clamp(shared::apply(map, images) + concat(noise).to(images.device()), 0, 1);
}

}  // namespace

Tensor displacement(const Tensor& theta, const Tensor& basis) {
  const int64_t scenes = theta.size(0);
  return reshape(matmul(reshape(theta, {2 * scenes, theta.size(2)}), basis), {scenes, 2, kSide, kSide});
}

SampledImage sample_displaced(const Tensor& image, const Tensor& displaced, double origin) {
  const Tensor x = columns(image.device());
  return grid_sample_bilinear(image, select(displaced, 1, 0) + x + origin,
                              select(displaced, 1, 1) + transpose(x) + origin);
}

Problem translation(const Scenes& scenes, shared::IntensityMap map, double distance) {
  std::vector<double> shifts;
  for (const uint64_t seed : scenes.seeds) {
    const double turns = 0.61803 * static_cast<double>(seed);
    const double angle = 2 * std::numbers::pi * (turns - std::floor(turns));
    shifts.insert(shifts.end(), {distance * std::cos(angle), distance * std::sin(angle)});
  }
  const auto count = static_cast<int64_t>(scenes.seeds.size());
  const Device device = scenes.canvases.device();
  const Tensor shift = from_data(shifts, {count, 2, 1}).to(DType::f32).to(device);
  Problem problem{.fixed = crop(scenes.canvases),
                  .basis = ones({1, kSide * kSide}, DType::f32, device),
                  .truth = -shift,
                  .lr = .2,
                  .steps = 150};
  problem.unchanged =
      sample_displaced(scenes.canvases, displacement(shift, problem.basis), double{kMargin}).value;
  problem.moving = other_sensor(problem.unchanged, map, scenes);
  return problem;
}

Problem affine(const Scenes& scenes, shared::IntensityMap map, double amount) {
  std::vector<Tensor> truths;
  for (const uint64_t seed : scenes.seeds) {
    Generator generator(seed);
    Generator of_warp = generator.split();
    truths.push_back(rand_uniform({1, 2, 3}, -amount, amount, DType::f32, of_warp));
  }
  const Device device = scenes.canvases.device();
  const Tensor x = columns(device) - kHalf;  // kHalf times the coordinate in [-1, 1]
  Problem problem{.unchanged = crop(scenes.canvases),
                  .basis = reshape(concat({x, transpose(x), full_like(x, kHalf)}), {3, kSide * kSide}),
                  .truth = concat(truths).to(device),
                  .lr = .02,
                  .steps = 300};
  problem.fixed =
      sample_displaced(scenes.canvases, displacement(problem.truth, problem.basis), double{kMargin}).value;
  problem.moving = other_sensor(problem.unchanged, map, scenes);
  return problem;
}

}  // namespace registration
