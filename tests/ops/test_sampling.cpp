#include <infograd/autograd/gradcheck.h>
#include <infograd/backends/registry.h>
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
