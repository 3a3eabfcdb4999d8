// Each layer hands its parameters and options to its op. The ops have their own tests; values here are small
// enough to check by hand.
#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <infograd/infograd.h>

namespace infograd {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::FloatNear;
using ::testing::HasSubstr;
using ::testing::Pointwise;

void set(const Tensor& parameter, const std::vector<float>& values) {
  const NoGrad guard;
  Tensor target = parameter;
  copy_(target, from_data(values, parameter.shape()));
}

TEST(Linear, MultipliesAddsAndActivates) {
  nn::Linear layer(2, 3, {.activation = Activation::relu});
  set(layer.weight(), {1, 2, 3, 4, 5, 6});
  set(layer.bias(), {0.5, -100, 1});
  EXPECT_THAT(layer(tensor({{1, 1}})).to_vector<float>(), ElementsAre(3.5, 0, 12));
}

TEST(Linear, DefaultInitialValuesAreBoundedByTheFanAndComeFromTheGenerator) {
  Generator g(3);
  nn::Linear layer(16, 1000, {.generator = &g});
  float largest = 0;
  for (float value : layer.weight().to_vector<float>()) largest = std::max(largest, std::abs(value));
  EXPECT_LE(largest, 0.25F);
  EXPECT_GT(largest, 0.249F);
  for (float value : layer.bias().to_vector<float>()) EXPECT_LE(std::abs(value), 0.25F);
  Generator same(3);
  EXPECT_EQ(nn::Linear(16, 1000, {.generator = &same}).weight().to_vector<float>(),
            layer.weight().to_vector<float>());
}

TEST(Linear, NeedsSizes) {
  EXPECT_THROW(nn::Linear(0, 3), ValueError);
}

TEST(Conv2d, CorrelatesWithPaddingAndStride) {
  nn::Conv2d layer(1, 1, 3, {.stride = {2, 2}, .padding = {1, 1}});
  set(layer.weight(), {0, 0, 0, 0, 1, 2, 0, 0, 0});
  set(layer.bias(), {10});
  const Tensor x = reshape(arange(16).to(DType::f32), {1, 1, 4, 4});
  const Tensor y = layer(x);
  EXPECT_EQ(y.shape(), (Shape{1, 1, 2, 2}));
  EXPECT_THAT(y.contiguous().to_vector<float>(),
              ElementsAre(10 + 0 + 2, 10 + 2 + 6, 10 + 8 + 18, 10 + 10 + 22));
}

TEST(Conv2d, KeepsGroupsAndRectangularKernels) {
  const nn::Conv2d layer(4, 6, {1, 3}, {.groups = 2, .bias = false});
  EXPECT_EQ(layer.weight().shape(), (Shape{6, 2, 1, 3}));
  EXPECT_EQ(layer(zeros({2, 4, 5, 5})).shape(), (Shape{2, 6, 5, 3}));
  EXPECT_THROW(nn::Conv2d(3, 6, 3, {.groups = 2}), ValueError);
}

TEST(BatchNorm, NormalisesByTheBatchThenByRunningStatistics) {
  nn::BatchNorm1d layer(1, {.momentum = 0.5, .eps = 0});
  const Tensor x = unsqueeze(tensor({1, 3}), 1);  // mean 2, population variance 1, unbiased 2
  EXPECT_THAT(layer(x).to_vector<float>(), Pointwise(FloatNear(1e-6F), {-1.0F, 1.0F}));
  EXPECT_THAT(layer.running_mean().to_vector<float>(), ElementsAre(1));
  EXPECT_THAT(layer.running_var().to_vector<float>(), ElementsAre(1.5));
  layer.eval();
  const auto scale = static_cast<float>(1 / std::sqrt(1.5));
  EXPECT_THAT(layer(x).to_vector<float>(), Pointwise(FloatNear(1e-6F), {0.0F, 2 * scale}));
  EXPECT_THAT(layer.running_mean().to_vector<float>(), ElementsAre(1))
      << "evaluation must not move the statistics";
}

TEST(BatchNorm, ChecksTheRankAndFusesRelu) {
  nn::BatchNorm2d images(3, {.activation = Activation::relu});
  EXPECT_THROW(images(zeros({2, 3})), ShapeError);
  EXPECT_THROW(nn::BatchNorm1d(3)(zeros({2, 3, 4, 4})), ShapeError);
  EXPECT_THROW(nn::BatchNorm1d(3, {.momentum = 7}), ValueError);
  EXPECT_THROW(nn::BatchNorm1d(3, {.eps = -1}), ValueError);
  Generator g(1);
  const Tensor y = images(rand_normal({4, 3, 2, 2}, 0, 1, DType::f32, g));
  EXPECT_THAT(y.contiguous().to_vector<float>(), Each(::testing::Ge(0.0F)));
  const nn::BatchNorm1d plain(3, {.affine = false});
  EXPECT_TRUE(plain.parameters().empty());
  EXPECT_EQ(plain(rand_normal({4, 3}, 0, 1, DType::f32, g)).shape(), (Shape{4, 3}));
}

TEST(LayerNorm, NormalisesTheLastAxes) {
  nn::LayerNorm layer(2, {.eps = 0});
  set(layer.weight(), {1, 10});
  set(layer.bias(), {0, 5});
  EXPECT_THAT(layer(tensor({{1, 3}, {8, 4}})).to_vector<float>(),
              Pointwise(FloatNear(1e-5F), {-1.0F, 15.0F, 1.0F, -5.0F}));
  EXPECT_THROW(layer(zeros({2, 3})), ShapeError);
  EXPECT_THROW(nn::LayerNorm(2, {.eps = -1}), ValueError);
  const nn::LayerNorm plane(Shape{2, 3}, {.affine = false});
  EXPECT_EQ(plane(zeros({4, 2, 3})).shape(), (Shape{4, 2, 3}));
}

TEST(Dropout, ZeroesAndScalesWhileTrainingOnly) {
  nn::Dropout layer(0.25);
  const Tensor x = ones({10000});
  const std::vector<float> y = layer(x).to_vector<float>();
  int64_t dropped = 0;
  for (float value : y) {
    if (value == 0)
      ++dropped;
    else
      EXPECT_FLOAT_EQ(value, 1 / 0.75F);
  }
  EXPECT_NEAR(static_cast<double>(dropped), 2500, 5 * std::sqrt(10000 * 0.25 * 0.75));
  layer.eval();
  EXPECT_EQ(layer(x).to_vector<float>(), x.to_vector<float>());
  EXPECT_THROW(nn::Dropout(1.0), ValueError);
}

TEST(Dropout, ItsGeneratorIsSavedAndSharedByCopies) {
  Generator g(5);
  nn::Dropout layer(0.5, {.generator = &g});
  const Tensor x = ones({64});
  const nn::StateDict saved = layer.state();
  const std::vector<float> first = layer(x).to_vector<float>();
  const nn::Dropout copy = layer;
  EXPECT_NE(copy(x).to_vector<float>(), first) << "a copy goes on where the original stopped";
  layer.load(saved);
  EXPECT_EQ(copy(x).to_vector<float>(), first);
  layer.load({});  // positions may be absent
  Generator again(5);
  EXPECT_EQ(nn::Dropout(0.5, {.generator = &again})(x).to_vector<float>(), first);
}

TEST(Activations, CallTheirFunctions) {
  const Tensor x = tensor({-2, 0, 0.5, 3});
  const auto same = [](const Tensor& a, const Tensor& b) {
    return a.to_vector<float>() == b.to_vector<float>();
  };
  EXPECT_TRUE(same(nn::ReLU()(x), relu(x)));
  EXPECT_TRUE(same(nn::LeakyReLU(0.2)(x), leaky_relu(x, 0.2)));
  EXPECT_TRUE(same(nn::ELU(0.5)(x), elu(x, 0.5)));
  EXPECT_TRUE(same(nn::GELU()(x), gelu(x)));
  EXPECT_TRUE(same(nn::GELU(GeluForm::tanh)(x), gelu(x, GeluForm::tanh)));
  EXPECT_TRUE(same(nn::SiLU()(x), silu(x)));
  EXPECT_TRUE(same(nn::Tanh()(x), tanh(x)));
  EXPECT_TRUE(same(nn::Sigmoid()(x), sigmoid(x)));
  EXPECT_TRUE(same(nn::Softplus()(x), softplus(x)));
  EXPECT_TRUE(same(nn::Softmax()(x), softmax(x)));
  EXPECT_TRUE(same(nn::LogSoftmax()(x), log_softmax(x)));
}

TEST(Layers, PoolAndFlatten) {
  const Tensor x = reshape(arange(16).to(DType::f32), {1, 1, 4, 4});
  EXPECT_THAT(nn::MaxPool2d(2)(x).contiguous().to_vector<float>(), ElementsAre(5, 7, 13, 15));
  EXPECT_THAT(nn::AvgPool2d(2)(x).contiguous().to_vector<float>(), ElementsAre(2.5, 4.5, 10.5, 12.5));
  EXPECT_EQ(nn::MaxPool2d({.kernel = {3, 3}, .stride = {1, 1}})(x).shape(), (Shape{1, 1, 2, 2}));
  EXPECT_THAT(nn::GlobalAvgPool2d()(x).to_vector<float>(), ElementsAre(7.5));
  EXPECT_EQ(nn::Flatten()(zeros({2, 3, 4, 5})).shape(), (Shape{2, 60}));
}

TEST(Sequential, CallsInOrderAndNumbersItsLayers) {
  nn::Sequential net(nn::Linear(2, 4), nn::ReLU(), nn::Linear(4, 1));
  std::vector<std::string> names;
  for (const auto& [name, tensor] : net.named_parameters()) names.push_back(name);
  EXPECT_THAT(names, ElementsAre("0.weight", "0.bias", "2.weight", "2.bias"));
  EXPECT_EQ(net(zeros({5, 2})).shape(), (Shape{5, 1}));
  EXPECT_EQ(net.size(), 3U);
}

TEST(Sequential, TakesGivenNamesFunctionsAndLambdas) {
  nn::Sequential net(
      {{"hidden", nn::Linear(1, 1)}, {"act", relu}, {"twice", [](const Tensor& x) { return x + x; }}});
  const auto parameters = net.named_parameters();
  ASSERT_EQ(parameters.size(), 2U);
  EXPECT_EQ(parameters[0].first, "hidden.weight");
  set(parameters[0].second, {3});
  set(parameters[1].second, {1});
  EXPECT_THAT(net(unsqueeze(tensor({2, -2}), 1)).to_vector<float>(), ElementsAre(14, 0));
}

TEST(Sequential, CopiesAliasAndNestAndTwoNamesClash) {
  nn::Sequential net(nn::Linear(2, 2));
  nn::Sequential copy = net;
  copy.add(nn::Linear(2, 3)).add("out", nn::Sequential(nn::Linear(3, 1), nn::Dropout()));
  EXPECT_EQ(net.size(), 3U);
  EXPECT_EQ(net(zeros({4, 2})).shape(), (Shape{4, 1}));
  EXPECT_EQ(net.named_parameters().back().first, "out.0.bias");
  net.eval();
  EXPECT_THROW(net.add("out", nn::ReLU()), ValueError);
  EXPECT_EQ(net.size(), 3U);
}

TEST(Summary, CountsSharedTensorsOnceAndMarksBuffersAndFrozenOnes) {
  nn::Sequential net({{"fc", nn::Linear(3, 4)}, {"norm", nn::BatchNorm1d(4)}});
  net.named_parameters()[1].second.set_requires_grad(false);
  const nn::Summary summary = nn::summary(net);
  EXPECT_EQ(summary.parameters, 12 + 4 + 4 + 4);
  EXPECT_EQ(summary.trainable, 12 + 4 + 4);
  EXPECT_EQ(summary.buffers, 8);
  EXPECT_EQ(summary.bytes, 4 * 32);
  ASSERT_EQ(summary.rows.size(), 6U);
  EXPECT_EQ(summary.rows[0].name, "fc.weight");
  EXPECT_EQ(summary.rows[0].module, "Linear(3, 4)");
  EXPECT_EQ(nn::to_string(summary),
            "name               module          shape                        count\n"
            "fc.weight          Linear(3, 4)    f32[4, 3]                       12\n"
            "fc.bias            Linear(3, 4)    f32[4]                           4  frozen\n"
            "norm.weight        BatchNorm1d(4)  f32[4]                           4\n"
            "norm.bias          BatchNorm1d(4)  f32[4]                           4\n"
            "norm.running_mean  BatchNorm1d(4)  f32[4]                           4  buffer\n"
            "norm.running_var   BatchNorm1d(4)  f32[4]                           4  buffer\n"
            "parameters 24 (trainable 20), buffers 8, 128 bytes\n");
}

}  // namespace
}  // namespace infograd
