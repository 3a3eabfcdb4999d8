#include <cmath>

#include <infograd/autograd/gradcheck.h>
#include <infograd/backends/registry.h>
#include <infograd/ops/matmul.h>
#include <infograd/ops/shape_ops.h>

#include "tests/golden/ops_golden.h"
#include "tests/ops/golden_support.h"

namespace infograd {
namespace {

using golden::expect_error;
using golden::expect_value_and_gradients;
using golden::leaf;
using golden::wave;

TEST(Matmul, SmallProductByHand) {
  const Tensor a = tensor({{1, 2, 3}, {4, 5, 6}}), b = tensor({{1, 0}, {0, 1}, {2, -1}});
  EXPECT_EQ(matmul(a, b).to_vector<float>(), (std::vector<float>{7, -1, 16, -1}));
}

TEST(Matmul, OneDimensionalOperandsGetAndLoseAnAxis) {
  const Tensor m = tensor({{1, 2}, {3, 4}}), v = tensor({5, 6});
  const Tensor mv = matmul(m, v), vm = matmul(v, m), vv = matmul(v, v);
  EXPECT_EQ(mv.shape(), (Shape{2}));
  EXPECT_EQ(mv.to_vector<float>(), (std::vector<float>{17, 39}));
  EXPECT_EQ(vm.shape(), (Shape{2}));
  EXPECT_EQ(vm.to_vector<float>(), (std::vector<float>{23, 34}));
  EXPECT_EQ(vv.shape(), Shape{});
  EXPECT_EQ(vv.item<float>(), 61);
  const Tensor batch = ones({3, 4, 2});
  EXPECT_EQ(matmul(batch, v).shape(), (Shape{3, 4}));
  EXPECT_EQ(matmul(v, ones({3, 2, 5})).shape(), (Shape{3, 5}));
}

TEST(Matmul, BatchAxesBroadcast) {
  const Tensor a = leaf({2, 1, 3, 4}, 0), b = leaf({5, 4, 2}, 1);
  const Tensor y = matmul(a, b);
  EXPECT_EQ(y.shape(), (Shape{2, 5, 3, 2}));
  expect_value_and_gradients(y, golden::matmul_batched,
                             {{a, golden::matmul_batched_da, "a"}, {b, golden::matmul_batched_db, "b"}});
}

TEST(Matmul, OneRightOperandForABatchEqualsTheLoop) {
  const Tensor a = wave({3, 2, 4}, 0), b = wave({4, 5}, 1);
  const Tensor all = matmul(a, b);
  for (int64_t i = 0; i < 3; ++i) {
    golden::expect_equal(select(all, 0, i), matmul(select(a, 0, i), b).to_vector<double>(), "slice");
  }
}

TEST(Matmul, EmptyInnerAxisGivesZerosAndEmptyOperandsGiveEmptyResults) {
  const Tensor a = zeros({2, 0}), b = zeros({0, 3});
  EXPECT_EQ(matmul(a, b).to_vector<float>(), std::vector<float>(6, 0));
  EXPECT_EQ(matmul(zeros({0, 2}), ones({2, 3})).shape(), (Shape{0, 3}));
  EXPECT_EQ(matmul(zeros({4, 0, 2}), ones({2, 3})).shape(), (Shape{4, 0, 3}));
  EXPECT_EQ(matmul(zeros({2, 3, 0}), ones({0, 3})).to_vector<float>(), std::vector<float>(18, 0));
}

TEST(Matmul, GradientSkipsWhatNeedsNone) {
  Tensor a = leaf({2, 3}, 0);
  const Tensor b = wave({3, 4}, 1);
  sum(matmul(a, b)).backward();
  EXPECT_TRUE(a.grad().defined());
  EXPECT_FALSE(b.grad().defined());
}

TEST(Matmul, PrecisionOfTheForwardPassHoldsInBackward) {
  const auto gradient = [](Precision forward, Precision backward) {
    Tensor a = wave({4, 8}, 0).to(DType::f32).detach(), b = wave({8, 4}, 1).to(DType::f32).detach();
    a.set_requires_grad();
    Tensor y;
    {
      const PrecisionScope scope(forward);
      y = matmul(a, b);
    }
    const PrecisionScope scope(backward);
    return grad(y, {a}, false, false, wave({4, 4}, 2).to(DType::f32))[0].to_vector<float>();
  };
  const auto exact = gradient(Precision::f32, Precision::f32);
  EXPECT_EQ(gradient(Precision::f32, Precision::bf16), exact);
  const auto rounded = gradient(Precision::bf16, Precision::f32);
  EXPECT_NE(rounded, exact);
  for (size_t i = 0; i < exact.size(); ++i) EXPECT_NEAR(rounded[i], exact[i], 0.05);
}

TEST(Matmul, WrongUsageIsNamed) {
  expect_error<ShapeError>(
      [] {
        matmul(ones({2, 3}), ones({4, 5}));
      },
      {"matmul", "f32[2, 3]", "f32[4, 5]", "transposed"});
  expect_error<ShapeError>([] { matmul(ones({2, 3, 4}), ones({5, 4, 6})); }, {"matmul", "[2]", "[5]"});
  expect_error<ShapeError>([] { matmul(ones({}), ones({2, 2})); }, {"matmul", "0-d"});
  expect_error<DTypeError>([] { matmul(ones({2, 2}), ones({2, 2}, DType::f64)); }, {"matmul", "f32", "f64"});
  expect_error<DTypeError>(
      [] {
        matmul(ones({2, 2}, DType::i64), ones({2, 2}, DType::i64));
      },
      {"matmul", "i64"});
  expect_error<ValueError>([] { matmul(Tensor(), ones({2, 2})); }, {"matmul"});
}

TEST(Linear, IsTheProductWithTheTransposedWeightPlusBias) {
  const Tensor x = tensor({{1, 2}}), w = tensor({{3, 4}, {5, 6}, {7, 8}}), b = tensor({10, 20, 30});
  EXPECT_EQ(linear(x, w, b).to_vector<float>(), (std::vector<float>{21, 37, 53}));
  EXPECT_EQ(linear(x, w).to_vector<float>(), (std::vector<float>{11, 17, 23}));
}

TEST(Linear, LeadingAxesAreKept) {
  const Tensor w = wave({4, 3}, 0), b = wave({4}, 1);
  EXPECT_EQ(linear(wave({3}, 2), w, b).shape(), (Shape{4}));
  EXPECT_EQ(linear(wave({2, 5, 3}, 2), w, b).shape(), (Shape{2, 5, 4}));
  EXPECT_EQ(linear(wave({2, 0, 3}, 2), w, b).shape(), (Shape{2, 0, 4}));
}

TEST(Linear, NoInputsGiveTheBias) {
  const Tensor y = linear(zeros({2, 0}), zeros({3, 0}), tensor({1, -2, 3}), Activation::relu);
  EXPECT_EQ(y.to_vector<float>(), (std::vector<float>{1, 0, 3, 1, 0, 3}));
}

TEST(Linear, FusedActivationsMatchPyTorch) {
  const auto check = [](Activation activation, const std::vector<double>& y, const std::vector<double>& dx,
                        const std::vector<double>& dw, const std::vector<double>& db) {
    const Tensor x = leaf({3, 4}, 0), w = leaf({2, 4}, 1), b = leaf({2}, 2);
    expect_value_and_gradients(linear(x, w, b, activation), y, {{x, dx, "x"}, {w, dw, "w"}, {b, db, "b"}});
  };
  using namespace golden;
  check(Activation::relu, linear_relu, linear_relu_dx, linear_relu_dw, linear_relu_db);
  check(Activation::tanh, linear_tanh, linear_tanh_dx, linear_tanh_dw, linear_tanh_db);
  check(Activation::sigmoid, linear_sigmoid, linear_sigmoid_dx, linear_sigmoid_dw, linear_sigmoid_db);
  check(Activation::gelu, linear_gelu, linear_gelu_dx, linear_gelu_dw, linear_gelu_db);
}

TEST(Linear, FusedGeluIsTheSameWithAndWithoutGraph) {
  Tensor x = leaf({3, 4}, 0);
  const Tensor w = wave({2, 4}, 1);
  const Tensor recorded = linear(x, w, {}, Activation::gelu);
  golden::expect_equal(linear(x.detach(), w, {}, Activation::gelu), recorded.to_vector<double>(),
                       "fused gelu");
}

TEST(Linear, WrongUsageIsNamed) {
  expect_error<ShapeError>(
      [] {
        linear(ones({2, 5}), ones({8, 4}));
      },
      {"linear", "f32[2, 5]", "f32[8, 4]", "[out, in]"});
  expect_error<ShapeError>([] { linear(ones({2, 4}), ones({8, 4}), ones({4})); }, {"bias", "f32[4]", "[8]"});
  expect_error<DTypeError>([] { linear(ones({2, 4}, DType::f64), ones({8, 4})); }, {"linear", "f64", "f32"});
}

}  // namespace
}  // namespace infograd
