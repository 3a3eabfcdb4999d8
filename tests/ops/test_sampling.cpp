#include <infograd/autograd/gradcheck.h>
#include <infograd/backends/registry.h>
#include <infograd/core/generator.h>
#include <infograd/ops/sampling.h>
#include <infograd/ops/shape_ops.h>

#include "tests/golden/ops_golden.h"
#include "tests/ops/golden_support.h"

namespace infograd {
namespace {

using golden::expect_equal;
using golden::expect_error;
using golden::expect_value_and_gradients;
using golden::leaf;
using golden::wave;

const std::vector<double> kTheta = {0.8, 0.3, 0.1, -0.2, 1.1, -0.3, 1.5, 0.0, 0.2, 0.1, 0.7, 0.0};

TEST(GridSample, AffineWarpsMatchPyTorch) {
  using namespace golden;
  struct Case {
    bool corners;
    PaddingMode padding;
    const std::vector<double>&y, &dx, &dtheta;
  };
  const std::vector<Case> cases = {
      {false, PaddingMode::zeros, sample_zeros_edges, sample_zeros_edges_dx, sample_zeros_edges_dtheta},
      {true, PaddingMode::zeros, sample_zeros_corners, sample_zeros_corners_dx, sample_zeros_corners_dtheta},
      {false, PaddingMode::border, sample_border_edges, sample_border_edges_dx, sample_border_edges_dtheta},
      {true, PaddingMode::border, sample_border_corners, sample_border_corners_dx,
       sample_border_corners_dtheta}};
  for (const Case& c : cases) {
    SCOPED_TRACE(c.corners);
    Tensor x = leaf({2, 3, 4, 5}, 0), theta = from_data(kTheta, {2, 2, 3});
    theta.set_requires_grad();
    for (const Tensor& image : {x, to_channels_last(x)}) {
      const Tensor y = grid_sample(image, affine_grid(theta, 3, 4, c.corners),
                                   {.align_corners = c.corners, .padding = c.padding});
      expect_value_and_gradients(y, c.y, {{x, c.dx, "x"}, {theta, c.dtheta, "theta"}});
    }
  }
}

TEST(AffineGrid, IdentityGivesTheInputBack) {
  const Tensor identity = from_data(std::vector<double>{1, 0, 0, 0, 1, 0}, {1, 2, 3});
  const Tensor x = wave({1, 2, 5, 4}, 0);
  for (const bool corners : {false, true}) {
    expect_equal(grid_sample(x, affine_grid(identity, 5, 4, corners), {.align_corners = corners}),
                 x.to_vector<double>(), "identity");
  }
}

TEST(AffineGrid, SinglePixelsSitInTheMiddle) {
  expect_equal(affine_grid(from_data(kTheta, {2, 2, 3}), 1, 2, true), golden::affine_grid_single,
               "single row");
}

TEST(AffineGrid, IgnoresReducedPrecision) {
  const Tensor theta = from_data(kTheta, {2, 2, 3}).to(DType::f32);
  const auto exact = affine_grid(theta, 7, 9).to_vector<float>();
  const PrecisionScope scope(Precision::bf16);
  EXPECT_EQ(affine_grid(theta, 7, 9).to_vector<float>(), exact);
}

TEST(GridSample, HasNoSecondDerivativeAndSaysSo) {
  Tensor x = leaf({1, 1, 3, 3}, 0);
  const Tensor y = grid_sample(x, wave({1, 2, 2, 2}, 1));
  expect_error<NotImplemented>([&] { grad(sum(y), {x}, true); }, {"grid_sample", "second derivative"});
}

TEST(GridSample, AnEmptyBatchIsLegal) {
  EXPECT_EQ(grid_sample(zeros({0, 1, 3, 3}), zeros({0, 2, 2, 2})).shape(), (Shape{0, 1, 2, 2}));
  EXPECT_EQ(affine_grid(zeros({0, 2, 3}), 2, 2).shape(), (Shape{0, 2, 2, 2}));
}

TEST(GridSampleBilinear, PixelCoordinatesByHand) {
  Tensor image = from_data(std::vector<double>{0, 1, 4, 9, 16, 25}, {1, 1, 2, 3});
  Tensor gx = from_data(std::vector<double>{0.5, 2, -1, 1, 0}, {1, 1, 5}),
         gy = from_data(std::vector<double>{0.5, 0.25, 0, 0, 7}, {1, 1, 5});
  for (Tensor* t : {&image, &gx, &gy}) t->set_requires_grad();
  const SampledImage s = grid_sample_bilinear(image, gx, gy);
  EXPECT_EQ(s.value.shape(), (Shape{1, 1, 1, 5}));
  EXPECT_EQ(s.value.to_vector<double>(), (std::vector<double>{6.5, 9.25, 0, 1, 9}));
  EXPECT_EQ(s.inside.to_vector<double>(), (std::vector<double>{1, 1, 0, 1, 0}));
  EXPECT_FALSE(s.inside.requires_grad());
  const auto slopes = grad(sum(s.value), {gx, gy});
  // Right derivatives at whole pixels; the last column is on the border already, as are clamped positions.
  EXPECT_EQ(slopes[0].to_vector<double>(), (std::vector<double>{4, 0, 0, 3, 7}));
  EXPECT_EQ(slopes[1].to_vector<double>(), (std::vector<double>{12, 21, 9, 15, 0}));
}

TEST(GridSampleBilinear, Gradcheck) {
  Generator generator(4);
  Tensor image = wave({2, 2, 4, 5}, 0), gx = empty({2, 3, 3}, DType::f64), gy = empty({2, 3, 3}, DType::f64);
  for (int64_t i = 0; i < gx.numel(); ++i) {  // at least 0.05 from whole pixels, some outside
    gx.data<double>()[i] = static_cast<double>(generator.below(6)) - 0.95 + 0.9 * generator.uniform();
    gy.data<double>()[i] = static_cast<double>(generator.below(5)) - 0.95 + 0.9 * generator.uniform();
  }
  for (Tensor* t : {&image, &gx, &gy}) t->set_requires_grad();
  const GradcheckReport report =
      gradcheck([](const std::vector<Tensor>& in) { return grid_sample_bilinear(in[0], in[1], in[2]).value; },
                {image, gx, gy}, {.rtol = 1e-6, .atol = 1e-6});
  EXPECT_TRUE(report.ok) << report.message;
}

TEST(GridSampleBilinear, AgreesWithNormalisedPositions) {
  const Tensor image = wave({2, 3, 4, 5}, 0), gx = wave({2, 3, 3}, 1) + 2.0, gy = wave({2, 3, 3}, 2) + 1.5;
  const Tensor grid = stack({gx * 0.5 - 1.0, gy * (2.0 / 3) - 1.0}, -1);
  const Tensor expected = grid_sample(image, grid, {.align_corners = true, .padding = PaddingMode::border});
  expect_equal(grid_sample_bilinear(image, gx, gy).value, expected.to_vector<double>(), "value");
}

TEST(GridSampleBilinear, WrongUsageIsNamed) {
  expect_error<ShapeError>(
      [] {
        grid_sample_bilinear(ones({1, 1, 3, 3}), ones({1, 2, 2}), ones({1, 2, 3}));
      },
      {"grid_sample_bilinear", "f32[1, 2, 2]", "f32[1, 2, 3]"});
  expect_error<DTypeError>(
      [] {
        grid_sample_bilinear(ones({1, 1, 3, 3}), ones({1, 2, 2}), ones({1, 2, 2}, DType::f64));
      },
      {"f32", "f64"});
}

TEST(GridSample, WrongUsageIsNamed) {
  expect_error<ShapeError>(
      [] {
        grid_sample(ones({2, 1, 3, 3}), ones({1, 2, 2, 2}));
      },
      {"grid_sample", "f32[2, 1, 3, 3]", "f32[1, 2, 2, 2]"});
  expect_error<ShapeError>([] { grid_sample(ones({1, 1, 3, 3}), ones({1, 2, 2, 3})); }, {"[B, Ho, Wo, 2]"});
  expect_error<ShapeError>(
      [] {
        affine_grid(ones({2, 3}), 2, 2);
      },
      {"affine_grid", "f32[2, 3]", "[B, 2, 3]"});
  expect_error<ShapeError>([] { affine_grid(ones({1, 2, 3}), -1, 2); }, {"negative"});
}

}  // namespace
}  // namespace infograd
