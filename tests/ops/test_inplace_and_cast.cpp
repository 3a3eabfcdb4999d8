// In-place forms and conversions: versions, overlap, gradients through dtypes.
#include <gtest/gtest.h>

#include <infograd/autograd/grad_mode.h>
#include <infograd/core/error.h>
#include <infograd/ops/creation.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/inplace.h>
#include <infograd/ops/reduce.h>
#include <infograd/ops/shape_ops.h>

namespace infograd {
namespace {

using Floats = std::vector<float>;

TEST(Inplace, WritesThroughViewsAndBumpsTheVersion) {
  Tensor x = zeros({2, 3});
  Tensor row = select(x, 0, 1);
  const uint32_t before = x.version();
  add_(row, tensor({1, 2, 3}), 2);
  EXPECT_EQ(x.to_vector<float>(), (Floats{0, 0, 0, 2, 4, 6}));
  EXPECT_EQ(x.version(), before + 1);
  sub_(x, tensor({1, 1, 1}));
  mul_(x, -1);
  clamp_(x, -3, 0.5);
  EXPECT_EQ(x.to_vector<float>(), (Floats{0.5, 0.5, 0.5, -1, -3, -3}));
  EXPECT_EQ(x.version(), before + 4);
}

TEST(Inplace, ReturnsTheSameTensor) {
  Tensor x = zeros({2});
  EXPECT_TRUE(add_(x, 1).is_same(x));
}

TEST(Inplace, OverlappingOperandsAreReadBeforeTheyAreWritten) {
  Tensor x = arange(5).to(DType::f32);
  Tensor tail = slice(x, 0, 1);
  add_(tail, slice(x, 0, 0, -1));
  EXPECT_EQ(x.to_vector<float>(), (Floats{0, 1, 3, 5, 7}));
  Tensor square = reshape(arange(4).to(DType::f32), {2, 2});
  copy_(square, transpose(square));
  EXPECT_EQ(square.to_vector<float>(), (Floats{0, 2, 1, 3}));
  add_(square, square);
  EXPECT_EQ(square.to_vector<float>(), (Floats{0, 4, 2, 6}));
}

TEST(Inplace, ASavedTensorThatWasOverwrittenIsNoticed) {
  Tensor x = tensor({1, 2}), w = tensor({3, 4});
  x.set_requires_grad();
  const Tensor y = sum(x * w);
  mul_(w, 2);
  try {
    y.backward();
    FAIL() << "the stale value went unnoticed";
  } catch (const ValueError& error) {
    EXPECT_NE(std::string(error.what()).find("mul"), std::string::npos) << error.what();
  }
}

TEST(Inplace, UpdatesOfLeavesNeedNoGrad) {
  Tensor x = ones({2});
  x.set_requires_grad();
  EXPECT_THROW(add_(x, 1), ValueError);
  EXPECT_EQ(x.to_vector<float>(), (Floats{1, 1}));
  const NoGrad update;
  add_(x, 1);
  EXPECT_EQ(x.to_vector<float>(), (Floats{2, 2}));
}

TEST(Cast, ConvertsValues) {
  const Tensor x = tensor({-1.75, 0, 2.5});
  EXPECT_EQ(x.to(DType::i64).to_vector<int64_t>(), (std::vector<int64_t>{-1, 0, 2}));
  EXPECT_EQ(x.to(DType::b8).to_vector<bool>(), (std::vector<bool>{true, false, true}));
  EXPECT_EQ(x.to(DType::b8).to(DType::f32).to_vector<float>(), (Floats{1, 0, 1}));
  EXPECT_EQ(scalar(1.00390625).to(DType::bf16).to(DType::f32).item(), 1);  // halfway: to even
  EXPECT_EQ(scalar(1.01171875).to(DType::bf16).to(DType::f32).item(), 1.015625);
}

TEST(Cast, TheGradientComesBackInTheDTypeOfTheInput) {
  Tensor x = tensor({1, 2});
  x.set_requires_grad();
  sum(x.to(DType::bf16).to(DType::f64) * 3).backward();
  EXPECT_EQ(x.grad().dtype(), DType::f32);
  EXPECT_EQ(x.grad().to_vector<float>(), (Floats{3, 3}));
  EXPECT_FALSE(x.to(DType::i64).requires_grad());
}

TEST(Cast, CloneAndContiguousPassTheGradientOn) {
  Tensor x = tensor({{1, 2}, {3, 4}});
  x.set_requires_grad();
  sum(transpose(x).contiguous().clone() * tensor({{1, 2}, {3, 4}})).backward();
  EXPECT_EQ(x.grad().to_vector<float>(), (Floats{1, 3, 2, 4}));
}

}  // namespace
}  // namespace infograd
