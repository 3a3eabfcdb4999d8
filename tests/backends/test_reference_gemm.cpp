#include "tests/backends/helpers.h"

namespace infograd {
namespace {

using namespace test;

Values product(const Tensor& a, const Tensor& b, const Shape& shape, const Tensor& bias = {},
               Activation activation = Activation::none, double alpha = 1) {
  const Tensor out = empty(shape, a.dtype());
  GemmArgs args;
  args.out = View(out);
  args.a = ConstView(a);
  args.b = ConstView(b);
  args.bias = ConstView(bias);
  args.activation = activation;
  args.alpha = alpha;
  reference().gemm(args);
  return values(out);
}

TEST(ReferenceGemm, ByHandInEveryLayout) {
  const Tensor a = make({2, 3}, {1, 2, 3, 4, 5, 6}), b = make({3, 2}, {1, 0, 2, 1, 0, 3});
  for (const Tensor& left : {a, transposed(a)})
    for (const Tensor& right : {b, transposed(b)})
      expect_values(product(left, right, {2, 2}), {5, 11, 14, 23});
}

TEST(ReferenceGemm, BiasActivationAndScale) {
  const Tensor a = make({2, 1}, {1, -1}), b = make({1, 2}, {1, 2}), bias = make({2}, {0.5, -0.5});
  expect_values(product(a, b, {2, 2}, bias), {1.5, 1.5, -0.5, -2.5});
  expect_values(product(a, b, {2, 2}, bias, Activation::relu), {1.5, 1.5, 0, 0});
  expect_values(product(a, b, {2, 2}, bias, Activation::tanh),
                {std::tanh(1.5), std::tanh(1.5), std::tanh(-0.5), std::tanh(-2.5)}, 1e-15);
  expect_values(product(a, b, {2, 2}, {}, Activation::none, 3), {3, 6, -3, -6});
}

TEST(ReferenceGemm, BetaAddsToTheOutputAndZeroDoesNotReadIt) {
  const Tensor a = make({1, 1}, {2}), b = make({1, 1}, {3}), out = make({1, 1}, {10});
  GemmArgs args;
  args.out = View(out);
  args.a = ConstView(a);
  args.b = ConstView(b);
  args.beta = 0.5;
  reference().gemm(args);
  expect_values(out, {11});
  assign(out, {kNan});
  args.beta = 0;
  reference().gemm(args);
  expect_values(out, {6});
}

TEST(ReferenceGemm, BatchesRepeatWithStrideZero) {
  const Tensor a = make({2, 1, 2}, {1, 2, 3, 4}), b = make({2, 1}, {5, 6}),
               out = empty({2, 1, 1}, DType::f64);
  GemmArgs args;
  args.out = View(out);
  args.a = ConstView(a);
  args.b = ConstView::broadcast(b, {2, 2, 1});
  reference().gemm(args);
  expect_values(out, {17, 39});
}

TEST(ReferenceGemm, NoInnerExtentGivesTheBias) {
  expect_values(product(empty({2, 0}, DType::f64), empty({0, 2}, DType::f64), {2, 2}, make({2}, {1, 2})),
                {1, 2, 1, 2});
}

TEST(ReferenceGemm, Bf16PrecisionRoundsTheOperandsOnly) {
  const Tensor a = make({1, 2}, {1.00390625, 1}, DType::f32), b = make({2, 1}, {1, 0.001}, DType::f32),
               out = empty({1, 1});
  GemmArgs args;  // 1 + 2^-8 is a tie and rounds to the even 1; 0.001 to 0.00099945068359375
  args.out = View(out);
  args.a = ConstView(a);
  args.b = ConstView(b);
  args.precision = Precision::bf16;
  reference().gemm(args);
  expect_values(out, {static_cast<float>(1.00099945068359375)});
}

TEST(ReferenceGemm, RejectsIntegersByName) {
  const Tensor x = make({1, 1}, {1}, DType::i64);
  EXPECT_THROW(product(x, x, {1, 1}), DTypeError);
}

}  // namespace
}  // namespace infograd
