#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include <infograd/core/check.h>
#include <infograd/nn/data/elastic_field.h>
#include <infograd/nn/data/transforms.h>
#include <infograd/ops/creation.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/random_ops.h>
#include <infograd/ops/sampling.h>

namespace infograd::data {

namespace {

// Where in the source, in [-1, 1] coordinates, a position of the result is read: a 2x3 matrix.
struct Map {
  double xx = 1, xy = 0, x0 = 0, yx = 0, yy = 1, y0 = 0;
};

// inner first: result position -> inner -> outer -> source position.
Map compose(const Map& outer, const Map& inner) {
  return {outer.xx * inner.xx + outer.xy * inner.yx,
          outer.xx * inner.xy + outer.xy * inner.yy,
          outer.xx * inner.x0 + outer.xy * inner.y0 + outer.x0,
          outer.yx * inner.xx + outer.yy * inner.yx,
          outer.yx * inner.xy + outer.yy * inner.yy,
          outer.yx * inner.x0 + outer.yy * inner.y0 + outer.y0};
}

double between(Generator& generator, double low, double high) {
  return low + (high - low) * generator.uniform();
}

// A fixed number of draws, so that every image costs the generator the same.
Map draw_affine(const AffineOptions& options, Generator& generator, double aspect) {
  const double angle = between(generator, -options.degrees, options.degrees) * std::numbers::pi / 180;
  const double size = between(generator, options.scale_min, options.scale_max);
  const double shear = between(generator, -options.shear, options.shear);
  const double dx = 2 * between(generator, -options.translate, options.translate);
  const double dy = 2 * between(generator, -options.translate, options.translate);
  // The content moves by p -> size * R * S * p + d; the sampling map is the inverse: S^-1 * R^-1 / size * (p
  // - d).
  const double c = std::cos(angle) / size, s = std::sin(angle) / size;
  Map map{c + shear * s, s - shear * c, 0, -s, c, 0};
  // Rotate and shear in pixels, not in the stretched coordinates of an oblong image.
  map.xy /= aspect;
  map.yx *= aspect;
  map.x0 = -(map.xx * dx + map.xy * dy);
  map.y0 = -(map.yx * dx + map.yy * dy);
  return map;
}

struct Box {
  double width, height;  // shares of the image
};
Box draw_box(double area_min, double area_max, double aspect, Generator& generator) {
  const double area = between(generator, area_min, area_max);
  const double ratio = std::exp(between(generator, -std::log(aspect), std::log(aspect)));
  return {std::min(1.0, std::sqrt(area * ratio)), std::min(1.0, std::sqrt(area / ratio))};
}

Map draw_crop(const CropOptions& options, Generator& generator) {
  const Box box = draw_box(options.area_min, options.area_max, options.aspect, generator);
  const double x0 = (1 - box.width) * between(generator, -1, 1),
               y0 = (1 - box.height) * between(generator, -1, 1);
  return {box.width, 0, x0, 0, box.height, y0};
}

void check_images(const char* op, const Tensor& images) {
  check_defined(op, "images", images);
  check<ShapeError>(images.rank() == 4, "{}: images [B, C, H, W] needed, found {}", op, describe(images));
  check<DTypeError>(images.dtype() == DType::f32, "{}: f32 needed, found {}; call to_float first", op,
                    describe(images));
}

void check_affine(const char* op, const AffineOptions& o) {
  check<ValueError>(o.scale_min > 0 && o.scale_min <= o.scale_max,
                    "{}: scale range [{}, {}] must be positive and in order", op, o.scale_min, o.scale_max);
}

void check_area(const char* op, double area_min, double area_max, double aspect) {
  check<ValueError>(area_min >= 0 && area_min <= area_max && area_max <= 1 && aspect >= 1,
                    "{}: area range [{}, {}] must lie in order in [0, 1], aspect {} must be at least 1", op,
                    area_min, area_max, aspect);
}

int64_t or_input(int64_t extent, int64_t input) {
  return extent > 0 ? extent : input;
}

// One map per image, and the elastic field where there is one, in one bilinear sampling of the batch.
template <class Draw>
Tensor resample(const Tensor& images, int64_t height, int64_t width, Draw&& draw,
                const Tensor& displacement = {}) {
  const int64_t batch = images.size(0);
  std::vector<float> theta;
  theta.reserve(static_cast<size_t>(batch) * 6);
  for (int64_t i = 0; i < batch; ++i) {
    const Map m = draw();
    for (double v : {m.xx, m.xy, m.x0, m.yx, m.yy, m.y0}) theta.push_back(static_cast<float>(v));
  }
  const Tensor maps = from_data(theta, {batch, 2, 3}).to(images.device());
  const Tensor grid = affine_grid(maps, height, width);
  return grid_sample(images, displacement.defined() ? grid + displacement.to(images.device()) : grid);
}

double aspect_of(const Tensor& images) {
  return static_cast<double>(images.size(3)) / static_cast<double>(std::max<int64_t>(images.size(2), 1));
}

}  // namespace

Tensor to_float(const Tensor& images, double mean, double std) {
  check_defined("to_float", "images", images);
  check<DTypeError>(images.dtype() == DType::u8, "to_float: u8 images needed, found {}", describe(images));
  check<ValueError>(std > 0, "to_float: std {} must be positive", std);
  return affine(images.to(DType::f32), 1 / (255 * std), -mean / std);
}

Tensor random_affine(const Tensor& images, const AffineOptions& options, Generator& generator) {
  check_images("random_affine", images);
  check_affine("random_affine", options);
  const double aspect = aspect_of(images);
  return resample(images, images.size(2), images.size(3),
                  [&] { return draw_affine(options, generator, aspect); });
}

Tensor random_resized_crop(const Tensor& images, const CropOptions& options, Generator& generator) {
  check_images("random_resized_crop", images);
  check_area("random_resized_crop", options.area_min, options.area_max, options.aspect);
  return resample(images, or_input(options.height, images.size(2)), or_input(options.width, images.size(3)),
                  [&] { return draw_crop(options, generator); });
}

Tensor random_elastic(const Tensor& images, const ElasticOptions& options, Generator& generator) {
  check_images("random_elastic", images);
  check_elastic("random_elastic", options);
  const int64_t height = images.size(2), width = images.size(3);
  const Tensor field = elastic_field(options, images.size(0), height, width, generator);
  return resample(
      images, height, width, [] { return Map{}; }, field);
}

Tensor random_erase(const Tensor& images, const EraseOptions& options, Generator& generator) {
  check_images("random_erase", images);
  check_area("random_erase", options.area_min, options.area_max, options.aspect);
  check<ValueError>(options.probability >= 0 && options.probability <= 1,
                    "random_erase: probability {} is outside [0, 1]", options.probability);
  const int64_t batch = images.size(0), height = images.size(2), width = images.size(3);
  Tensor mask = zeros({batch, 1, height, width}, DType::b8);
  bool* erased = mask.data<bool>();
  for (int64_t i = 0; i < batch; ++i, erased += height * width) {
    const bool on = generator.uniform() < options.probability;
    const Box box = draw_box(options.area_min, options.area_max, options.aspect, generator);
    const auto h = std::lround(box.height * static_cast<double>(height)),
               w = std::lround(box.width * static_cast<double>(width));
    const auto top = static_cast<int64_t>(generator.below(static_cast<uint64_t>(height - h + 1)));
    const auto left = static_cast<int64_t>(generator.below(static_cast<uint64_t>(width - w + 1)));
    if (!on) continue;
    for (int64_t y = top; y < top + h; ++y) std::fill_n(erased + y * width + left, w, true);
  }
  return masked_fill(images, mask.to(images.device()), options.value);
}

Tensor add_noise(const Tensor& images, double std, Generator& generator) {
  check_images("add_noise", images);
  check<ValueError>(std >= 0, "add_noise: std {} is negative", std);
  return images + rand_normal(images.shape(), 0, std, DType::f32, generator, images.device());
}

Tensor random_view(const Tensor& images, const ViewOptions& options, Generator& generator) {
  check_images("random_view", images);
  check_affine("random_view", options.affine);
  check_elastic("random_view", options.elastic);
  check_area("random_view", options.crop.area_min, options.crop.area_max, options.crop.aspect);
  const double aspect = aspect_of(images);
  const int64_t height = or_input(options.crop.height, images.size(2)),
                width = or_input(options.crop.width, images.size(3));
  const Tensor field = options.elastic.amplitude > 0
                           ? elastic_field(options.elastic, images.size(0), height, width, generator)
                           : Tensor{};
  const auto draw = [&] {
    const Map outer = draw_affine(options.affine, generator, aspect);
    return compose(outer, draw_crop(options.crop, generator));
  };
  Tensor view = resample(images, height, width, draw, field);
  if (options.erase.probability > 0) view = random_erase(view, options.erase, generator);
  if (options.noise > 0) view = add_noise(view, options.noise, generator);
  return view;
}

}  // namespace infograd::data
