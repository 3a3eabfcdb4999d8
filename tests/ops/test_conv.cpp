#include <infograd/autograd/grad_mode.h>
#include <infograd/autograd/gradcheck.h>
#include <infograd/backends/registry.h>
#include <infograd/ops/conv.h>
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

TEST(Conv2d, SmallCaseByHand) {
  const Tensor x = reshape(tensor({1, 2, 3, 4, 5, 6, 7, 8, 9}), {1, 1, 3, 3});
  const Tensor w =
      reshape(tensor({1, 0, 0, -1}), {1, 1, 2, 2});  // cross-correlation: the kernel is not flipped
  EXPECT_EQ(conv2d(x, w).to_vector<float>(), (std::vector<float>{-4, -4, -4, -4}));
  EXPECT_EQ(conv2d(x, w, tensor({10})).to_vector<float>(), (std::vector<float>{6, 6, 6, 6}));
}

struct ConvCase {
  const char* name;
  Shape x, w;
  Conv2dOptions options;
  const std::vector<double>&y, &dx, &dw, &db;
};
const std::vector<ConvCase>& cases() {
  using namespace golden;
  static const std::vector<ConvCase> all = {
      {"plain", {2, 3, 5, 6}, {4, 3, 3, 2}, {}, conv_plain, conv_plain_dx, conv_plain_dw, conv_plain_db},
      {"stride",
       {2, 3, 7, 6},
       {4, 3, 3, 3},
       {.stride = {2, 3}, .padding = {1, 2}},
       conv_stride,
       conv_stride_dx,
       conv_stride_dw,
       conv_stride_db},
      {"dilation",
       {1, 2, 8, 7},
       {3, 2, 2, 3},
       {.padding = {2, 0}, .dilation = {3, 2}},
       conv_dilation,
       conv_dilation_dx,
       conv_dilation_dw,
       conv_dilation_db},
      {"groups",
       {2, 4, 5, 5},
       {6, 2, 3, 3},
       {.padding = {1, 1}, .groups = 2},
       conv_groups,
       conv_groups_dx,
       conv_groups_dw,
       conv_groups_db},
      {"depthwise",
       {1, 3, 4, 4},
       {3, 1, 3, 3},
       {.stride = {2, 2}, .padding = {1, 1}, .groups = 3},
       conv_depthwise,
       conv_depthwise_dx,
       conv_depthwise_dw,
       conv_depthwise_db}};
  return all;
}

TEST(Conv2d, GeometriesMatchPyTorch) {
  for (const ConvCase& c : cases()) {
    SCOPED_TRACE(c.name);
    Tensor x = leaf(c.x, 0), w = leaf(c.w, 1), b = leaf({c.w[0]}, 2);
    expect_value_and_gradients(conv2d(x, w, b, c.options), c.y,
                               {{x, c.dx, "x"}, {w, c.dw, "w"}, {b, c.db, "bias"}});
    const Tensor image = to_channels_last(x);
    expect_value_and_gradients(conv2d(image, w, b, c.options), c.y, {{x, c.dx, "x"}, {w, c.dw, "w"}});
  }
}

TEST(Conv2d, SinglePrecisionFollowsDouble) {
  for (const ConvCase& c : cases()) {
    SCOPED_TRACE(c.name);
    Tensor x = wave(c.x, 0).to(DType::f32), w = wave(c.w, 1).to(DType::f32),
           b = wave({c.w[0]}, 2).to(DType::f32);
    for (Tensor* t : {&x, &w, &b}) t->set_requires_grad();
    const Tensor y = conv2d(x, w, b, c.options);
    expect_equal(y, c.y, "value", 2e-6);
    const auto found = grad(y, {x, w, b}, false, false, wave(y.shape(), 9).to(DType::f32));
    expect_equal(found[0], c.dx, "x", 1e-5);
    expect_equal(found[1], c.dw, "w", 1e-5);
    expect_equal(found[2], c.db, "bias", 1e-5);
  }
}

TEST(Conv2d, IsDifferentiableTwice) {
  for (const ConvCase& c : cases()) {
    SCOPED_TRACE(c.name);
    Tensor x = leaf({1, c.x[1], c.x[2], c.x[3]}, 0), w = leaf(c.w, 1), b = leaf({c.w[0]}, 2);
    const auto f = [&](const std::vector<Tensor>& in) {
      return tanh(conv2d(in[0], in[1], in[2], c.options));
    };
    const GradcheckReport report = gradgradcheck(f, {x, w, b});
    EXPECT_TRUE(report) << report.message;
  }
}

TEST(Conv2d, IsDifferentiableThreeTimes) {
  Tensor x = leaf({1, 1, 3, 3}, 0), w = leaf({1, 1, 2, 2}, 1);
  const auto f = [](const std::vector<Tensor>& in) {
    const Tensor y = sum(square(square(conv2d(in[0], in[1]))));
    return grad(sum(square(grad(y, {in[0]}, true)[0])), {in[1]}, true)[0];
  };
  // The value of f already holds two derivatives; its gradient is the third.
  const EnableGrad on;
  const GradcheckReport report = gradcheck(f, {x, w}, {.step = 1e-5, .rtol = 1e-6, .atol = 1e-5});
  EXPECT_TRUE(report) << report.message;
}

TEST(Conv2d, FusedActivationsAreThoseApplied) {
  const Tensor w = wave({4, 3, 3, 2}, 1), b = wave({4}, 2);
  const auto apply = [](Activation activation, const Tensor& y) {
    switch (activation) {
      case Activation::relu:
        return relu(y);
      case Activation::tanh:
        return tanh(y);
      case Activation::sigmoid:
        return sigmoid(y);
      case Activation::gelu:
        return gelu(y);
      case Activation::none:
        break;
    }
    return y;
  };
  for (const Activation activation :
       {Activation::relu, Activation::tanh, Activation::sigmoid, Activation::gelu}) {
    SCOPED_TRACE(static_cast<int>(activation));
    Tensor x = leaf({2, 3, 5, 6}, 0);
    const Tensor fused = conv2d(x, w, b, {.activation = activation});
    const Tensor separate = apply(activation, conv2d(x, w, b));
    expect_equal(fused, separate.to_vector<double>(), "value");
    expect_equal(conv2d(x.detach(), w, b, {.activation = activation}), separate.to_vector<double>(),
                 "without graph");
    const Tensor seed = wave(fused.shape(), 9);
    const auto expected = grad(separate, {x}, false, false, seed)[0].to_vector<double>();
    expect_equal(grad(fused, {x}, false, true, seed)[0], expected, "gradient");
    expect_equal(grad(fused, {x}, true, true, seed)[0], expected, "composed gradient");
  }
}

TEST(Conv2d, ResultAndGradientAreChannelsLast) {
  Tensor x = leaf({2, 3, 5, 6}, 0), w = leaf({4, 3, 2, 2}, 1);
  const Tensor y = conv2d(x, w);
  EXPECT_EQ(y.shape(), (Shape{2, 4, 4, 5}));
  EXPECT_EQ(y.strides(), (Strides{80, 1, 20, 4}));
  const auto found = grad(y, {x, w}, false, false, wave(y.shape(), 1));
  EXPECT_EQ(found[0].strides(), (Strides{90, 1, 18, 3}));
  EXPECT_TRUE(found[1].is_contiguous()) << "the weight's gradient is laid out like the weight";
}

TEST(Conv2d, GradientsOfFrozenInputsAreSkipped) {
  Tensor x = wave({2, 3, 5, 6}, 0), w = wave({4, 3, 3, 2}, 1), b = leaf({4}, 2);
  expect_value_and_gradients(conv2d(x, w, b), golden::conv_plain, {{b, golden::conv_plain_db, "bias"}});
}

TEST(Conv2d, AnEmptyBatchHasZeroParameterGradients) {
  Tensor x = leaf({0, 3, 5, 6}, 0), w = leaf({4, 3, 3, 2}, 1), b = leaf({4}, 2);
  const Tensor y = conv2d(x, w, b);
  EXPECT_EQ(y.shape(), (Shape{0, 4, 3, 5}));
  const auto found = grad(sum(y), {x, w, b});
  EXPECT_EQ(found[0].shape(), (Shape{0, 3, 5, 6}));
  EXPECT_EQ(found[1].to_vector<double>(), std::vector<double>(72, 0));
  EXPECT_EQ(found[2].to_vector<double>(), std::vector<double>(4, 0));
}

TEST(Conv2d, ReducedPrecisionStaysClose) {
  const Tensor x = wave({2, 3, 5, 6}, 0).to(DType::f32), w = wave({4, 3, 3, 2}, 1).to(DType::f32);
  const PrecisionScope scope(Precision::bf16);
  expect_equal(conv2d(x, w, wave({4}, 2).to(DType::f32)), golden::conv_plain, "bf16", 0.15);
}

TEST(Conv2d, WrongUsageIsNamed) {
  expect_error<ShapeError>(
      [] {
        conv2d(ones({1, 4, 5, 5}), ones({2, 3, 3, 3}));
      },
      {"conv2d", "f32[1, 4, 5, 5]", "f32[2, 3, 3, 3]", "permuted"});
  expect_error<ShapeError>(
      [] {
        conv2d(ones({1, 3, 2, 5}), ones({2, 3, 3, 3}));
      },
      {"spans 3", "f32[1, 3, 2, 5]"});
  expect_error<ShapeError>(
      [] {
        conv2d(ones({3, 5, 5}), ones({2, 3, 3, 3}));
      },
      {"[B, C, H, W]", "unsqueeze"});
  expect_error<ShapeError>(
      [] {
        conv2d(ones({1, 3, 5, 5}), ones({2, 3, 3, 3}), ones({3}));
      },
      {"bias", "[2]"});
  expect_error<ShapeError>(
      [] {
        conv2d(ones({1, 4, 5, 5}), ones({3, 2, 3, 3}), {}, {.groups = 2});
      },
      {"groups = 2"});
  expect_error<ValueError>(
      [] {
        conv2d(ones({1, 1, 5, 5}), ones({1, 1, 3, 3}), {}, {.stride = {0, 1}});
      },
      {"stride 0"});
  expect_error<ValueError>(
      [] {
        conv2d(ones({1, 1, 5, 5}), ones({1, 1, 3, 3}), {}, {.groups = 0});
      },
      {"groups = 0"});
  expect_error<DTypeError>(
      [] {
        conv2d(ones({1, 1, 5, 5}, DType::u8), ones({1, 1, 3, 3}, DType::u8));
      },
      {"u8"});
}

// ---- pooling

TEST(MaxPool2d, MatchesPyTorch) {
  Tensor x = leaf({2, 3, 6, 7}, 0);
  for (const Tensor& image : {x, to_channels_last(x)}) {
    expect_value_and_gradients(max_pool2d(image), golden::max_pool, {{x, golden::max_pool_dx, "x"}});
    expect_value_and_gradients(
        max_pool2d(image, {.kernel = {3, 3}, .stride = {2, 2}, .padding = {1, 1}, .ceil_mode = true}),
        golden::max_pool_ceil, {{x, golden::max_pool_ceil_dx, "x"}});
  }
}

TEST(MaxPool2d, PaddingIsNeverSelectedAndTheFirstMaximumGetsTheGradient) {
  Tensor x = full({1, 1, 2, 2}, -5);
  x.set_requires_grad();
  const Tensor y = max_pool2d(x, {.kernel = {2, 2}, .stride = {2, 2}, .padding = {1, 1}});
  EXPECT_EQ(y.to_vector<float>(), std::vector<float>(4, -5));
  Tensor tie = ones({1, 1, 2, 2});
  tie.set_requires_grad();
  EXPECT_EQ(grad(sum(max_pool2d(tie)), {tie})[0].to_vector<float>(), (std::vector<float>{1, 0, 0, 0}));
}

TEST(MaxPool2d, LargeWindowsKeepTheirIndex) {
  Tensor x = leaf({1, 1, 20, 20}, 0);  // 400 cells: beyond what a byte can name
  const Tensor y = max_pool2d(x, {.kernel = {20, 20}});
  EXPECT_EQ(y.item<double>(), max(x).item<double>());
  EXPECT_EQ(sum(grad(y, {x})[0]).item<double>(), 1);
}

TEST(AvgPool2d, MatchesPyTorch) {
  Tensor x = leaf({1, 2, 6, 7}, 0), wide = leaf({1, 2, 6, 8}, 0);
  expect_value_and_gradients(avg_pool2d(x, {.kernel = {3, 3}, .stride = {2, 2}, .padding = {1, 1}}),
                             golden::avg_pool_exclude, {{x, golden::avg_pool_exclude_dx, "x"}});
  expect_value_and_gradients(
      avg_pool2d(x, {.kernel = {3, 2}, .stride = {2, 1}, .padding = {1, 0}, .count_include_pad = true}),
      golden::avg_pool_include, {{x, golden::avg_pool_include_dx, "x"}});
  expect_value_and_gradients(avg_pool2d(x, {.kernel = {4, 4},
                                            .stride = {3, 3},
                                            .padding = {1, 1},
                                            .ceil_mode = true,
                                            .count_include_pad = true}),
                             golden::avg_pool_include_ceil, {{x, golden::avg_pool_include_ceil_dx, "x"}});
  expect_value_and_gradients(avg_pool2d(wide, {.kernel = {3, 3}, .stride = {2, 2}, .ceil_mode = true}),
                             golden::avg_pool_ceil, {{wide, golden::avg_pool_ceil_dx, "x"}});
}

TEST(Pool2d, IsDifferentiableTwice) {
  const Pool2dOptions options{.kernel = {3, 2}, .stride = {2, 2}, .padding = {1, 1}, .ceil_mode = true};
  Tensor x = leaf({2, 2, 5, 4}, 0);
  const auto largest = [&](const std::vector<Tensor>& in) {
    return square(max_pool2d(square(in[0]), options));
  };
  const auto average = [&](const std::vector<Tensor>& in) {
    return square(avg_pool2d(square(in[0]), options));
  };
  for (const TensorFunction& f : {TensorFunction(largest), TensorFunction(average)}) {
    const GradcheckReport first = gradcheck(f, {x}), second = gradgradcheck(f, {x});
    EXPECT_TRUE(first) << first.message;
    EXPECT_TRUE(second) << second.message;
  }
}

TEST(Pool2d, ResultIsChannelsLastAndAnEmptyBatchIsLegal) {
  EXPECT_EQ(max_pool2d(ones({2, 3, 4, 4})).strides(), (Strides{12, 1, 6, 3}));
  EXPECT_EQ(avg_pool2d(ones({2, 3, 4, 4})).strides(), (Strides{12, 1, 6, 3}));
  EXPECT_EQ(max_pool2d(ones({0, 3, 4, 4})).shape(), (Shape{0, 3, 2, 2}));
}

TEST(Pool2d, WrongUsageIsNamed) {
  expect_error<ShapeError>(
      [] {
        max_pool2d(ones({1, 1, 1, 4}));
      },
      {"max_pool2d", "window of 2", "f32[1, 1, 1, 4]"});
  expect_error<ShapeError>(
      [] {
        avg_pool2d(ones({3, 4, 4}));
      },
      {"avg_pool2d", "f32[3, 4, 4]", "[B, C, H, W]"});
  expect_error<ValueError>(
      [] {
        max_pool2d(ones({1, 1, 4, 4}), {.padding = {2, 0}});
      },
      {"padding 2", "only padding"});
  expect_error<ValueError>([] { avg_pool2d(ones({1, 1, 4, 4}), {.kernel = {0, 2}}); }, {"kernel 0"});
}

}  // namespace
}  // namespace infograd
