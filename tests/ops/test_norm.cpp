#include <cmath>

#include <infograd/autograd/gradcheck.h>
#include <infograd/ops/index.h>
#include <infograd/ops/inplace.h>
#include <infograd/ops/norm.h>
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

/// The gradients that create_graph gives (public ops) must be those of the fused kernel.
void expect_same_gradients(const Tensor& y, const std::vector<Tensor>& inputs) {
  const Tensor seed = wave(y.shape(), 9);
  const auto fused = grad(y, inputs, false, true, seed), composed = grad(y, inputs, true, true, seed);
  for (size_t i = 0; i < inputs.size(); ++i) {
    expect_equal(composed[i], fused[i].to_vector<double>(), "gradient " + std::to_string(i), 1e-9);
  }
}

TEST(LayerNorm, OneAndTwoAxesMatchPyTorch) {
  Tensor x = leaf({2, 3, 4}, 0), w = leaf({4}, 1), b = leaf({4}, 2);
  expect_value_and_gradients(layer_norm(x, 1, w, b), golden::layer_norm_one,
                             {{x, golden::layer_norm_one_dx, "x"},
                              {w, golden::layer_norm_one_dw, "weight"},
                              {b, golden::layer_norm_one_db, "bias"}});
  Tensor w2 = leaf({3, 4}, 1), b2 = leaf({3, 4}, 2);
  expect_value_and_gradients(layer_norm(x, 2, w2, b2, 1e-3), golden::layer_norm_two,
                             {{x, golden::layer_norm_two_dx, "x"},
                              {w2, golden::layer_norm_two_dw, "weight"},
                              {b2, golden::layer_norm_two_db, "bias"}});
  expect_same_gradients(layer_norm(x, 2, w2, b2), {x, w2, b2});
}

TEST(LayerNorm, WithoutAffineRowsHaveMeanZeroAndVarianceOne) {
  const Tensor y = layer_norm(wave({5, 64}, 0), 1, {}, {}, 0);
  expect_equal(mean(y, {1}), std::vector<double>(5, 0), "mean");
  expect_equal(var(y, {1}, 0), std::vector<double>(5, 1), "variance");
}

TEST(LayerNorm, EmptyRowsHaveZeroParameterGradients) {
  Tensor x = leaf({0, 3}, 0), w = leaf({3}, 1), b = leaf({3}, 2);
  const auto grads = grad(sum(layer_norm(x, 1, w, b)), {x, w, b});
  EXPECT_EQ(grads[0].shape(), (Shape{0, 3}));
  EXPECT_EQ(grads[1].to_vector<double>(), std::vector<double>(3, 0));
  EXPECT_EQ(grads[2].to_vector<double>(), std::vector<double>(3, 0));
}

TEST(LayerNorm, WrongUsageIsNamed) {
  expect_error<ShapeError>(
      [] {
        layer_norm(ones({2, 3}), 1, ones({4}));
      },
      {"layer_norm", "weight", "f32[4]", "[3]"});
  expect_error<ShapeError>([] { layer_norm(ones({2, 3}), 3); }, {"layer_norm", "3", "f32[2, 3]"});
  expect_error<ShapeError>([] { layer_norm(ones({2, 3}), 0); }, {"layer_norm", "0"});
  expect_error<DTypeError>([] { layer_norm(ones({2, 3}), 1, ones({3}, DType::f64)); }, {"layer_norm", "f64"});
}

struct Statistics {
  Tensor mean = from_data(std::vector<double>{0.5, -0.5, 0}, {3});
  Tensor var = from_data(std::vector<double>{1, 2, 0.5}, {3});
};

TEST(BatchNorm, TrainingAndEvaluationMatchPyTorch) {
  Statistics running;
  Tensor x = leaf({4, 3, 2, 5}, 0), w = leaf({3}, 1), b = leaf({3}, 2);
  BatchNormOptions options{.momentum = 0.2, .eps = 1e-4, .activation = Activation::relu};
  for (const bool channels_last : {false, true}) {
    running = Statistics();
    options.training = true;
    const Tensor image = channels_last ? to_channels_last(x) : x;
    expect_value_and_gradients(batch_norm(image, w, b, running.mean, running.var, options),
                               golden::batch_norm_train,
                               {{x, golden::batch_norm_train_dx, "x"},
                                {w, golden::batch_norm_train_dw, "weight"},
                                {b, golden::batch_norm_train_db, "bias"}});
    expect_equal(running.mean, golden::batch_norm_running_mean, "running mean");
    expect_equal(running.var, golden::batch_norm_running_var, "running variance");

    options.training = false;
    expect_value_and_gradients(batch_norm(image, w, b, running.mean, running.var, options),
                               golden::batch_norm_eval,
                               {{x, golden::batch_norm_eval_dx, "x"},
                                {w, golden::batch_norm_eval_dw, "weight"},
                                {b, golden::batch_norm_eval_db, "bias"}});
  }
}

TEST(BatchNorm, MatrixWithoutAffineOrStatistics) {
  Tensor x = leaf({6, 3}, 0);
  expect_value_and_gradients(batch_norm(x, {}, {}, {}, {}), golden::batch_norm_matrix,
                             {{x, golden::batch_norm_matrix_dx, "x"}});
}

TEST(BatchNorm, ComposedGradientsEqualTheFusedOnes) {
  Tensor x = leaf({4, 3, 2, 5}, 0), w = leaf({3}, 1), b = leaf({3}, 2);
  for (const Activation activation : {Activation::none, Activation::relu}) {
    for (const bool training : {true, false}) {
      Statistics running;
      const Tensor y =
          batch_norm(x, w, b, running.mean, running.var, {.training = training, .activation = activation});
      expect_same_gradients(y, {x, w, b});
    }
  }
}

TEST(BatchNorm, RunningStatisticsFollowTheirRules) {
  // Two values per channel: batch mean 2, population variance 1, unbiased variance 2.
  const Tensor x = reshape(tensor({1, 3}), {2, 1});
  Tensor mean = zeros({1}), var = ones({1});
  const uint32_t version = mean.version();
  const Tensor y = batch_norm(x, {}, {}, mean, var, {.momentum = 0.25, .eps = 0});
  EXPECT_EQ(y.to_vector<float>(), (std::vector<float>{-1, 1})) << "normalises with the population variance";
  EXPECT_FLOAT_EQ(mean.item<float>(), 0.5F) << "momentum is the weight of the new value";
  EXPECT_FLOAT_EQ(var.item<float>(), 0.75F + 0.25F * 2) << "keeps the unbiased variance";
  EXPECT_GT(mean.version(), version) << "counts as a write in place";

  batch_norm(x, {}, {}, mean, var, {.training = false});
  EXPECT_FLOAT_EQ(mean.item<float>(), 0.5F) << "evaluation only reads";
}

TEST(BatchNorm, EvaluationMayBeDifferentiatedAfterMoreTraining) {
  Statistics running;
  Tensor x = leaf({4, 3}, 0);
  const Tensor y = batch_norm(x, {}, {}, running.mean, running.var, {.training = false, .eps = 0});
  batch_norm(wave({4, 3}, 1), {}, {}, running.mean, running.var);
  const auto dx = grad(sum(y), {x})[0].to_vector<double>();
  EXPECT_NEAR(dx[1], 1 / std::sqrt(2.0), 1e-14) << "with the statistics of the forward pass";
}

TEST(BatchNorm, ChannelsLastStaysChannelsLast) {
  Tensor x = to_channels_last(wave({2, 3, 4, 4}, 0)).detach();
  x.set_requires_grad();
  const Tensor y = batch_norm(x, {}, {}, {}, {}, {.activation = Activation::relu});
  EXPECT_EQ(y.strides(), (Strides{48, 1, 12, 3}));
  EXPECT_EQ(grad(y, {x}, false, false, wave(y.shape(), 1))[0].strides(), (Strides{48, 1, 12, 3}));
}

TEST(BatchNorm, AnEmptyBatchLeavesTheStatisticsAlone) {
  Statistics running;
  Tensor x = leaf({0, 3}, 0), w = leaf({3}, 1);
  const Tensor y = batch_norm(x, w, {}, running.mean, running.var);
  EXPECT_EQ(y.shape(), (Shape{0, 3}));
  expect_equal(running.mean, {0.5, -0.5, 0}, "running mean");
  EXPECT_EQ(grad(sum(y), {w})[0].to_vector<double>(), std::vector<double>(3, 0));
}

TEST(BatchNorm, WrongUsageIsNamed) {
  expect_error<ValueError>(
      [] {
        batch_norm(ones({1, 3}), {}, {}, {}, {});
      },
      {"one value per channel", "f32[1, 3]", "eval"});
  expect_error<ValueError>(
      [] {
        batch_norm(ones({2, 3}), {}, {}, {}, {}, {.training = false});
      },
      {"running_mean"});
  expect_error<ValueError>([] { batch_norm(ones({2, 3}), {}, {}, zeros({3}), {}); }, {"together"});
  expect_error<ShapeError>(
      [] {
        batch_norm(ones({2, 3}), ones({4}), {}, {}, {});
      },
      {"weight", "f32[4]", "[3]"});
  expect_error<ShapeError>([] { batch_norm(ones({3}), {}, {}, {}, {}); },
                           {"batch_norm", "f32[3]", "[B, C, ...]"});
  expect_error<ValueError>(
      [] {
        batch_norm(ones({2, 3}), {}, {}, {}, {}, {.activation = Activation::tanh});
      },
      {"relu"});
}

TEST(Dropout, SurvivorsAreScaledAndTheShareIsRight) {
  Generator generator(7);
  const auto y = dropout(ones({100, 100}), 0.25, true, generator).to_vector<float>();
  int64_t kept = 0;
  for (const float v : y) {
    ASSERT_TRUE(v == 0 || std::abs(v - 4.F / 3) < 1e-6F) << v;
    kept += v != 0 ? 1 : 0;
  }
  EXPECT_NEAR(static_cast<double>(kept) / 1e4, 0.75, 5 * std::sqrt(0.25 * 0.75 / 1e4));
}

TEST(Dropout, BackwardDrawsTheSameMask) {
  Generator generator(7);
  Tensor x = ones({50, 7}, DType::f64);
  x.set_requires_grad();
  const Tensor y = dropout(x, 0.4, true, generator);
  EXPECT_EQ(grad(sum(y), {x})[0].to_vector<double>(), y.to_vector<double>());
}

TEST(Dropout, TheMaskDependsOnTheGeneratorAndNotOnTheLayout) {
  Generator first(7), second(7), other(8);
  const Tensor x = ones({4, 6, 5, 3});
  const auto y = dropout(x, 0.5, true, first).to_vector<float>();
  EXPECT_EQ(dropout(to_channels_last(x), 0.5, true, second).to_vector<float>(), y);
  EXPECT_EQ(first, second);
  EXPECT_NE(dropout(x, 0.5, true, first).to_vector<float>(), y) << "a second draw differs";
  EXPECT_NE(dropout(x, 0.5, true, other).to_vector<float>(), y) << "another seed differs";
}

TEST(Dropout, OffIsTheIdentity) {
  Generator generator(7), untouched(7);
  const Tensor x = wave({3}, 0);
  EXPECT_TRUE(dropout(x, 0.5, false, generator).is_same(x));
  EXPECT_TRUE(dropout(x, 0, true, generator).is_same(x));
  EXPECT_EQ(generator, untouched);
  EXPECT_EQ(dropout(x, 1, true, generator).to_vector<double>(), std::vector<double>(3, 0));
  EXPECT_EQ(dropout(zeros({0, 2}), 0.5, true, generator).shape(), (Shape{0, 2}));
}

TEST(Dropout, WrongUsageIsNamed) {
  expect_error<ValueError>([] { dropout(ones({2}), 1.5, true); }, {"dropout", "1.5", "[0, 1]"});
  expect_error<ValueError>([] { dropout(ones({2}), -0.1, false); }, {"dropout", "-0.1"});
  expect_error<DTypeError>([] { dropout(ones({2}, DType::i64), 0.5, true); }, {"dropout", "i64"});
}

}  // namespace
}  // namespace infograd
