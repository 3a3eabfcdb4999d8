#include <algorithm>
#include <cmath>

#include <gmock/gmock.h>

#include <infograd/core/error.h>
#include <infograd/core/parallel.h>
#include <infograd/nn/data/transforms.h>
#include <infograd/ops/creation.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/reduce.h>
#include <infograd/ops/shape_ops.h>

namespace infograd {
namespace {

using namespace data;

// A batch of one image with a single bright pixel.
Tensor dot(int64_t y, int64_t x, int64_t height = 9, int64_t width = 9) {
  Tensor image = zeros({1, 1, height, width});
  image.data<float>()[y * width + x] = 1;
  return image;
}

struct Centre {
  double x, y;
};
Centre centre_of_mass(const Tensor& image) {
  const auto values = image.to_vector<float>();
  double mass = 0, x = 0, y = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    const auto width = static_cast<size_t>(image.size(3));
    mass += values[i];
    x += values[i] * static_cast<double>(i % width);
    y += values[i] * static_cast<double>(i / width);
  }
  return {x / mass, y / mass};
}

constexpr AffineOptions kIdentity{.degrees = 0, .translate = 0, .scale_min = 1, .scale_max = 1, .shear = 0};

TEST(Transforms, ToFloatScalesAndNormalises) {
  const Tensor bytes = from_data(std::vector<uint8_t>{0, 51, 255}, {3});
  EXPECT_THAT(to_float(bytes).to_vector<float>(),
              testing::Pointwise(testing::FloatNear(1e-6F), {0.0F, 0.2F, 1.0F}));
  EXPECT_THAT(to_float(bytes, 0.2, 0.5).to_vector<float>(),
              testing::Pointwise(testing::FloatNear(1e-6F), {-0.4F, 0.0F, 1.6F}));
  EXPECT_THROW(to_float(zeros({2})), DTypeError);
}

TEST(Transforms, IdentityLeavesImagesAlone) {
  Generator generator(1);
  const Tensor image = dot(3, 5);
  EXPECT_THAT(random_affine(image, kIdentity, generator).to_vector<float>(),
              testing::Pointwise(testing::FloatNear(1e-5F), image.to_vector<float>()));
  EXPECT_THAT(
      random_resized_crop(image, {.area_min = 1, .area_max = 1, .aspect = 1}, generator).to_vector<float>(),
      testing::Pointwise(testing::FloatNear(1e-5F), image.to_vector<float>()));
}

// Of a ramp whose value is the x coordinate, a deformed image shows where each pixel was read.
Tensor ramp(int64_t batch, int64_t size) {
  std::vector<float> values;
  for (int64_t i = 0; i < size; ++i)
    values.push_back((2 * static_cast<float>(i) + 1) / static_cast<float>(size) - 1);
  return expand(from_data(values, {1, 1, 1, size}), {batch, 1, size, size}).clone();
}

TEST(Transforms, ElasticMovesPixelsByHalfTheAmplitudeAndSmoothly) {
  Generator generator(8);
  const double amplitude = 0.1;
  const Tensor image = ramp(2000, 32);
  const Tensor moved = random_elastic(image, {.amplitude = amplitude, .cells = 4}, generator) - image;
  // A node of the lattice keeps sqrt(1/36 + 16/36 + 1/36) of a draw per axis, a cell's middle a little less.
  for (const auto& [at, share] : {std::pair<int64_t, double>{16, 0.5}, {12, 0.46}}) {
    const Tensor there = slice(slice(moved, 2, at, at + 1), 3, at, at + 1);
    EXPECT_NEAR(std::sqrt(mean(square(there)).item()), share * amplitude, 0.004) << "pixel " << at;
    EXPECT_NEAR(mean(there).item(), 0, 0.004);
  }
  const Tensor inside = slice(slice(moved, 2, 6, 26), 3, 6, 26);
  const Tensor step = slice(inside, 3, 1, 20) - slice(inside, 3, 0, 19);
  EXPECT_LT(max(abs(step)).item(), 0.1) << "neighbours must move together";
}

TEST(Transforms, ElasticWithoutAmplitudeLeavesImagesAlone) {
  Generator generator(9);
  const Tensor image = dot(3, 5);
  EXPECT_THAT(random_elastic(image, {.amplitude = 0}, generator).to_vector<float>(),
              testing::Pointwise(testing::FloatNear(1e-5F), image.to_vector<float>()));
}

// Many draws from a range: the content moves as far as the range says, both ways, and no further.
TEST(Transforms, RotationTurnsAboutTheCentreByAtMostTheAngle) {
  Generator generator(2);
  AffineOptions options = kIdentity;
  options.degrees = 30;
  const Tensor image = dot(10, 16, 21, 21);  // six pixels right of the centre
  double low = 0, high = 0;
  for (int i = 0; i < 200; ++i) {
    const Centre c = centre_of_mass(random_affine(image, options, generator));
    EXPECT_NEAR(std::hypot(c.x - 10, c.y - 10), 6, 0.35);
    const double angle = std::atan2(c.y - 10, c.x - 10) * 180 / 3.14159265;
    low = std::min(low, angle);
    high = std::max(high, angle);
  }
  EXPECT_NEAR(low, -30, 3);
  EXPECT_NEAR(high, 30, 3);
}

TEST(Transforms, RotationIsRigidInAnOblongImage) {
  Generator generator(3);
  AffineOptions options = kIdentity;
  options.degrees = 90;
  const Tensor image = dot(20, 14, 41, 21);  // four pixels right of the centre
  for (int i = 0; i < 50; ++i) {
    const Centre c = centre_of_mass(random_affine(image, options, generator));
    EXPECT_NEAR(std::hypot(c.x - 10, c.y - 20), 4, 0.35);
  }
}

TEST(Transforms, TranslationScaleAndShearStayInTheirRanges) {
  Generator generator(4);
  double farthest = 0, largest = 0, most = 0;
  for (int i = 0; i < 200; ++i) {
    AffineOptions shift = kIdentity, scale = kIdentity, shear = kIdentity;
    shift.translate = 0.2;
    scale.scale_min = 0.5;
    scale.scale_max = 1.5;
    shear.shear = 0.5;
    farthest = std::max(
        farthest, std::abs(centre_of_mass(random_affine(dot(10, 10, 21, 21), shift, generator)).x - 10));
    largest = std::max(largest, centre_of_mass(random_affine(dot(10, 14, 21, 21), scale, generator)).x - 10);
    const Centre c = centre_of_mass(random_affine(dot(14, 10, 21, 21), shear, generator));
    EXPECT_NEAR(c.y, 14, 0.3);
    most = std::max(most, std::abs(c.x - 10));
  }
  EXPECT_NEAR(farthest, 0.2 * 21, 0.3);
  EXPECT_NEAR(largest, 4 * 1.5, 0.4);
  EXPECT_NEAR(most, 4 * 0.5, 0.3);
}

TEST(Transforms, CropShowsARectangleOfTheImageInTheAskedSize) {
  Generator generator(5);
  const Tensor ramp = reshape(arange(0, 16 * 16, 1, DType::f32), {1, 1, 16, 16});
  for (int i = 0; i < 50; ++i) {
    const Tensor crop = random_resized_crop(
        ramp, {.area_min = 0.25, .area_max = 0.25, .aspect = 1, .height = 8, .width = 8}, generator);
    ASSERT_EQ(crop.shape(), (Shape{1, 1, 8, 8}));
    const auto v = crop.to_vector<float>();
    EXPECT_NEAR(v[9] - v[8], 1, 1e-3);  // inside, neighbours are one source pixel apart
    EXPECT_NEAR(v[17] - v[9], 16, 1e-3);
  }
}

TEST(Transforms, EraseOverwritesOneRectangleWithTheAskedShare) {
  Generator generator(6);
  const Tensor images = ones({400, 2, 20, 20});
  const Tensor erased =
      random_erase(images, {.probability = 0.5, .area_min = 0.1, .area_max = 0.2, .value = -1}, generator);
  const auto v = erased.to_vector<float>();
  int touched = 0;
  for (size_t i = 0; i < 400; ++i) {
    const auto* plane = v.data() + i * 800;
    const auto count = std::count(plane, plane + 400, -1.0F);
    EXPECT_TRUE(std::equal(plane, plane + 400, plane + 400)) << "channels differ";
    if (count == 0) continue;
    ++touched;
    EXPECT_GE(count, 400 * 0.1 * 0.7);
    EXPECT_LE(count, 400 * 0.2 * 1.3);
  }
  EXPECT_NEAR(touched, 200, 50);
  EXPECT_EQ(sum(random_erase(images, {.probability = 0}, generator)).item(), 400 * 800);
}

TEST(Transforms, NoiseHasTheAskedDeviation) {
  Generator generator(7);
  const auto v = add_noise(zeros({10, 1, 50, 50}), 0.3, generator).to_vector<float>();
  double squares = 0;
  for (float value : v) squares += static_cast<double>(value) * value;
  EXPECT_NEAR(std::sqrt(squares / static_cast<double>(v.size())), 0.3, 0.01);
}

TEST(Transforms, ViewsRepeatForAGeneratorAndForAnyThreadCount) {
  const ViewOptions options{.elastic = {.amplitude = 0.1}, .erase = {.probability = 0.5}, .noise = 0.1};
  Generator image_generator(8);
  const Tensor images = add_noise(zeros({64, 1, 28, 28}), 1, image_generator);
  const auto draw = [&](uint64_t seed) {
    Generator generator(seed);
    return random_view(images, options, generator).to_vector<float>();
  };
  const auto reference = draw(9);
  EXPECT_EQ(draw(9), reference);
  EXPECT_NE(draw(10), reference);
  const int threads = num_threads();
  set_num_threads(1);
  EXPECT_EQ(draw(9), reference);
  set_num_threads(threads);
  Generator generator(9);
  const Tensor first = random_view(images, options, generator),
               second = random_view(images, options, generator);
  EXPECT_NE(first.to_vector<float>(), second.to_vector<float>());
}

// A view is the crop of the affine image; sampled once, it is at least as sharp and otherwise alike.
TEST(Transforms, ViewComposesCropAfterAffine) {
  const Tensor image = dot(14, 17, 28, 28);
  ViewOptions options{.affine = {.degrees = 20, .translate = 0.05},
                      .crop = {.area_min = 0.8, .area_max = 1},
                      .erase = {.probability = 0}};
  Generator a(11), b(11);
  for (int i = 0; i < 20; ++i) {
    const Centre once = centre_of_mass(random_view(image, options, a));
    const Tensor moved = random_affine(image, options.affine, b);
    const Centre twice = centre_of_mass(random_resized_crop(moved, options.crop, b));
    EXPECT_NEAR(once.x, twice.x, 0.25);
    EXPECT_NEAR(once.y, twice.y, 0.25);
  }
}

TEST(Transforms, RejectWhatMakesNoSense) {
  Generator generator(12);
  EXPECT_THROW(random_affine(zeros({2, 28, 28}), {}, generator), ShapeError);
  EXPECT_THROW(random_affine(zeros({1, 1, 4, 4}, DType::u8), {}, generator), DTypeError);
  EXPECT_THROW(random_affine(zeros({1, 1, 4, 4}), {.scale_min = 0}, generator), ValueError);
  EXPECT_THROW(random_resized_crop(zeros({1, 1, 4, 4}), {.area_min = 0.9, .area_max = 0.5}, generator),
               ValueError);
  EXPECT_THROW(random_erase(zeros({1, 1, 4, 4}), {.aspect = 0.5}, generator), ValueError);
  EXPECT_THROW(random_erase(zeros({1, 1, 4, 4}), {.probability = 2}, generator), ValueError);
  EXPECT_THROW(random_elastic(zeros({1, 1, 4, 4}), {.amplitude = -1}, generator), ValueError);
  EXPECT_THROW(random_elastic(zeros({1, 1, 4, 4}), {.cells = 0}, generator), ValueError);
  EXPECT_THROW(random_view(zeros({1, 1, 4, 4}), {.elastic = {.amplitude = -1}}, generator), ValueError);
}

}  // namespace
}  // namespace infograd
