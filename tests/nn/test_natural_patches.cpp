// PNG files read back, photographs as patches, and a layer made of filters.
#include <cmath>

#include <gmock/gmock.h>

#include <infograd/core/error.h>
#include <infograd/nn/data/natural_patches.h>
#include <infograd/nn/image/png.h>
#include <infograd/nn/linear_from_filters.h>
#include <infograd/ops/creation.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/matmul.h>
#include <infograd/ops/random_ops.h>
#include <infograd/ops/reduce.h>
#include <infograd/ops/shape_ops.h>

#include "tests/nn/files.h"

namespace infograd {
namespace {

Tensor bytes_image(const Shape& shape, uint64_t seed) {
  Generator generator(seed);
  return rand_integers(shape, 0, 256, generator).to(DType::u8);
}
double largest(const Tensor& x) {
  return max(abs(x)).item();
}

class NaturalPatches : public test::FileTest {};

TEST_F(NaturalPatches, PngComesBackAsWritten) {
  for (const Shape& shape : {Shape{5, 7}, Shape{6, 4, 3}}) {
    const Tensor image = bytes_image(shape, 1);
    data::write_png(path("a.png"), image);
    const Tensor back = data::read_png(path("a.png"));
    EXPECT_EQ(back.shape(), shape);
    EXPECT_EQ(back.to_vector<uint8_t>(), image.to_vector<uint8_t>());
  }
}

TEST_F(NaturalPatches, DamagedPngIsRefusedByName) {
  data::write_png(path("a.png"), bytes_image({16, 16}, 2));
  test::Bytes file = read(path("a.png"));
  for (const size_t kept : {size_t{0}, size_t{7}, size_t{30}, file.size() / 2}) {
    write("cut.png", test::Bytes(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(kept)));
    try {
      data::read_png(path("cut.png"));
      ADD_FAILURE() << kept << " bytes were accepted";
    } catch (const IoError& error) {
      EXPECT_THAT(error.what(), testing::HasSubstr("cut.png"));
    }
  }
  EXPECT_THROW(data::read_png(path("nowhere.png")), IoError);
}

TEST_F(NaturalPatches, ImagesAreGreyAndSpanTheUnitInterval) {
  const Tensor colour = bytes_image({8, 9, 3}, 3);
  data::write_png(path("b.png"), colour);
  data::write_png(path("a.png"), bytes_image({6, 7}, 4));
  write("c.txt", test::bytes("no picture"));
  const auto images = data::load_grey_images(path(""));
  ASSERT_EQ(images.size(), 2U);
  EXPECT_EQ(images[0].shape(), (Shape{6, 7})) << "order of the names";
  const Tensor grey = matmul(colour.to(DType::f64), tensor({.299, .587, .114}, DType::f64));
  const Tensor scaled = (grey - min(grey)) / (max(grey) - min(grey));
  EXPECT_LT(largest(images[1] - scaled), 1e-12);
  EXPECT_THROW(data::load_grey_images(path("nowhere")), IoError);
  data::write_png(path("flat.png"), zeros({5, 5}, DType::u8));
  EXPECT_THROW(data::load_grey_images(path("")), ValueError);
}

TEST_F(NaturalPatches, PatchesAreColumnsOfTheImages) {
  const std::vector<Tensor> images{arange(0, 30, 1, DType::f64), arange(100, 142, 1, DType::f64)};
  const std::vector<Tensor> pictures{reshape(images[0], {5, 6}), reshape(images[1], {6, 7})};
  const Tensor patches = data::random_patches(pictures, 3, 400, 5);
  EXPECT_EQ(patches.shape(), (Shape{9, 400}));
  EXPECT_EQ(data::random_patches(pictures, 3, 400, 5).to_vector<double>(), patches.to_vector<double>());
  EXPECT_NE(data::random_patches(pictures, 3, 400, 6).to_vector<double>(), patches.to_vector<double>());
  std::set<double> corners;
  for (int64_t i = 0; i < 400; ++i) {
    const auto p = select(patches, 1, i).to_vector<double>();
    const double row = p[0] < 100 ? 6 : 7;
    for (size_t k = 0; k < 9; ++k)
      EXPECT_EQ(p[k], p[0] + row * static_cast<double>(k / 3) + static_cast<double>(k % 3));
    corners.insert(p[0]);
  }
  EXPECT_EQ(corners.size(), 3U * 4 + 4 * 5) << "every corner is drawn";
  EXPECT_THROW(data::random_patches(pictures, 6, 1, 0), ValueError);
  EXPECT_THROW(data::random_patches({}, 3, 1, 0), ValueError);
}

TEST_F(NaturalPatches, PrefilterScalesEveryWaveByItsGain) {
  // Two waves of 3 and 5 cycles: their amplitudes keep the ratio of the gains; the mean is gone.
  const int64_t h = 20, w = 30;
  std::vector<double> pixels;
  const double turn = 2 * std::acos(-1.0);
  for (int64_t y = 0; y < h; ++y)
    for (int64_t x = 0; x < w; ++x)
      pixels.push_back(7 + std::cos(turn * 3 * static_cast<double>(y) / h) +
                       std::sin(turn * 5 * static_cast<double>(x) / w));
  const Tensor out = data::olshausen_prefilter({from_data(pixels, {h, w})})[0];
  const auto gain = [](double f) { return f * std::exp(-std::pow(f / 0.4, 4)); };
  const double g3 = gain(3.0 / h), g5 = gain(5.0 / w), scale = std::sqrt(0.1 / ((g3 * g3 + g5 * g5) / 2));
  const auto values = out.to_vector<double>();
  for (int64_t y = 0; y < h; ++y)
    for (int64_t x = 0; x < w; ++x)
      EXPECT_NEAR(values[static_cast<size_t>(y * w + x)],
                  scale * (g3 * std::cos(turn * 3 * static_cast<double>(y) / h) +
                           g5 * std::sin(turn * 5 * static_cast<double>(x) / w)),
                  1e-10);
}

TEST(LinearFromFilters, ComputesTheFilters) {
  Generator generator(7);
  const Tensor filters = rand_normal({4, 6}, 0, 1, DType::f64, generator),
               mean = rand_normal({4, 1}, 0, 1, DType::f64, generator),
               bias = rand_normal({6}, 0, 1, DType::f64, generator),
               x = rand_normal({5, 4}, 0, 1, DType::f32, generator);
  const nn::Linear layer =
      nn::linear_from_filters(filters, mean, {.scale = 1.5, .bias = bias, .activation = Activation::sigmoid});
  const Tensor centred = x.to(DType::f64) - reshape(mean, {4});
  const Tensor wanted = sigmoid(1.5 * matmul(centred, filters) + bias);
  EXPECT_LT(largest(layer(x).detach().to(DType::f64) - wanted), 1e-5);
  EXPECT_TRUE(layer.weight().requires_grad()) << "it can be trained on";
  EXPECT_THROW(nn::linear_from_filters(filters, bias), ShapeError);
}

TEST(LinearFromFilters, DrawsNothing) {
  const Generator before = default_generator();
  nn::linear_from_filters(ones({3, 2}), zeros({3}));
  EXPECT_TRUE(default_generator() == before);
}

}  // namespace
}  // namespace infograd
