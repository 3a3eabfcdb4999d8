// Structural similarity: masks, ranges, wrong use. Its worked example is a row of loss_cases.h.
#include <gtest/gtest.h>

#include <infograd/autograd/engine.h>
#include <infograd/core/error.h>
#include <infograd/losses/regression/ssim.h>
#include <infograd/ops/creation.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/random_ops.h>
#include <infograd/ops/reduce.h>
#include <infograd/ops/shape_ops.h>

namespace infograd::losses {
namespace {

Tensor image(uint64_t seed, DType dtype = DType::f64) {
  Generator generator(seed);
  return rand_uniform({2, 3, 9, 10}, 0, 1, dtype, generator);
}

TEST(Ssim, OneForTheSameImageLessForAnother) {
  const Tensor x = image(1), y = image(2);
  EXPECT_NEAR(ssim(x, x).item(), 1, 1e-12);
  EXPECT_NEAR(ssim(x, y).item(), ssim(y, x).item(), 1e-15);
  EXPECT_LT(ssim(x, 1.0 - x).item(), 0);
  EXPECT_GE(ssim(x, 1.0 - x).item(), -1);
  EXPECT_NEAR(ssim(x.to(DType::f32), y.to(DType::f32)).item(), ssim(x, y).item(), 1e-5);
}

TEST(Ssim, MasksDropWindowsThatTouchThem) {
  const Tensor y = image(2);
  Tensor x = image(1);
  x.set_requires_grad();
  const Tensor left = concat({ones({2, 1, 9, 8}, DType::f64), zeros({2, 1, 9, 2}, DType::f64)}, 3);
  const Tensor masked = ssim(x, y, {.window = 5, .mask = left});
  EXPECT_NEAR(masked.item(), ssim(slice(x, 3, 0, 8), slice(y, 3, 0, 8), {.window = 5}).item(), 1e-13);
  EXPECT_EQ(max(abs(slice(grad(masked, {x})[0], 3, 8))).item(), 0);
  EXPECT_NEAR(ssim(x, y, {.mask = ones({2, 3, 9, 10}, DType::b8)}).item(), ssim(x, y).item(), 1e-14);
}

TEST(Ssim, OneNumberPerImage) {
  const Tensor x = image(1), y = image(2);
  const auto alone = [&](int64_t i, const Tensor& mask) {
    return ssim(slice(x, 0, i, i + 1), slice(y, 0, i, i + 1), {.window = 5, .mask = mask}).item();
  };
  const auto of = [&](Reduction reduction, const Tensor& mask) {
    return ssim(x, y, {.window = 5, .mask = mask, .reduction = reduction});
  };
  const Tensor left = concat({ones({1, 1, 9, 7}, DType::f64), zeros({1, 1, 9, 3}, DType::f64)}, 3);
  const Tensor whole = ones({1, 1, 9, 10}, DType::f64), nothing = zeros({1, 1, 9, 10}, DType::f64);
  EXPECT_NEAR(of(Reduction::none, {}).to_vector<double>()[1], alone(1, {}), 1e-14);
  const Tensor mask = concat({left, whole});
  const std::vector<double> each = of(Reduction::none, mask).to_vector<double>();
  ASSERT_EQ(each.size(), 2U);
  EXPECT_NEAR(each[0], alone(0, left), 1e-14);
  EXPECT_NEAR(each[1], alone(1, whole), 1e-14);
  EXPECT_NEAR(of(Reduction::sum, mask).item(), each[0] + each[1], 1e-14);
  // Widths of 7 and 10 hold 3 and 6 columns of windows: the mean of all weighs the images so.
  EXPECT_NEAR(of(Reduction::mean, mask).item(), (3 * each[0] + 6 * each[1]) / 9, 1e-14);
  const std::vector<double> half = of(Reduction::none, concat({nothing, whole})).to_vector<double>();
  EXPECT_EQ(half[0], 0);
  EXPECT_NEAR(half[1], each[1], 1e-14);
  EXPECT_THROW(of(Reduction::none, concat({nothing, nothing})), ValueError);
}

TEST(Ssim, WrongUse) {
  const Tensor x = image(1);
  EXPECT_THROW(ssim(x, slice(x, 3, 0, 8)), ShapeError);
  EXPECT_THROW(ssim(x, image(1, DType::f32)), DTypeError);
  EXPECT_THROW(ssim(x, x, {.window = 10}), ShapeError);
  EXPECT_THROW(ssim(x, x, {.window = 0}), ValueError);
  EXPECT_THROW(ssim(x, x, {.mask = zeros({2, 1, 9, 10}, DType::b8)}), ValueError);
  EXPECT_THROW(ssim(x, x, {.mask = ones({2, 9, 10}, DType::b8)}), ShapeError);
}

}  // namespace
}  // namespace infograd::losses
