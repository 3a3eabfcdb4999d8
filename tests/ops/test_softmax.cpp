#include <infograd/autograd/gradcheck.h>
#include <infograd/ops/softmax.h>

#include "tests/golden/ops_golden.h"
#include "tests/ops/golden_support.h"

namespace infograd {
namespace {

using golden::expect_error;
using golden::expect_value_and_gradients;
using golden::kInf;
using golden::leaf;
using golden::wave;

const std::vector<double> kLogits = {0.5, -kInf, 2, -kInf, 1, 1, 1, 1, 1e4, -1e4, 0, 9999};

TEST(Softmax, AnyAxisMatchesPyTorch) {
  Tensor x = leaf({2, 3, 4}, 0);
  expect_value_and_gradients(softmax(x, 1), golden::softmax_middle, {{x, golden::softmax_middle_dx, "x"}});
  expect_value_and_gradients(softmax(x, -2), golden::softmax_middle, {{x, golden::softmax_middle_dx, "x"}});
  expect_value_and_gradients(log_softmax(x, 0), golden::log_softmax_first,
                             {{x, golden::log_softmax_first_dx, "x"}});
}

TEST(Softmax, HugeLogitsAndMaskedOnesStayExact) {
  const Tensor x = from_data(kLogits, {3, 4});
  golden::expect_equal(softmax(x), golden::softmax_masked, "softmax");
  golden::expect_equal(log_softmax(x), golden::log_softmax_masked, "log_softmax");
  golden::expect_equal(softmax(x.to(DType::f32)), golden::softmax_masked, "softmax f32", 1e-6);
}

TEST(Softmax, AnAllMaskedRowGivesZeroAndGradientZero) {
  for (const bool log : {false, true}) {
    Tensor x = from_data(std::vector<double>{-kInf, -kInf, 1, 2}, {2, 2});
    x.set_requires_grad();
    const Tensor y = log ? log_softmax(x) : softmax(x);
    const auto values = y.to_vector<double>();
    EXPECT_EQ(values[0], log ? -kInf : 0);
    EXPECT_EQ(values[1], log ? -kInf : 0);
    const Tensor seed = from_data(std::vector<double>{3, -1, 1, 0}, {2, 2});
    for (const bool create_graph : {false, true}) {
      const auto dx = grad(y, {x}, create_graph, true, seed)[0].to_vector<double>();
      EXPECT_EQ(dx[0], 0) << log << create_graph;
      EXPECT_EQ(dx[1], 0) << log << create_graph;
      EXPECT_TRUE(std::isfinite(dx[2]) && dx[2] > 0) << log << create_graph;
    }
  }
}

TEST(Softmax, ScalarsAndEmptyTensors) {
  EXPECT_EQ(softmax(scalar(3)).item<float>(), 1);
  EXPECT_EQ(log_softmax(scalar(3)).item<float>(), 0);
  EXPECT_EQ(softmax(zeros({0, 3})).shape(), (Shape{0, 3}));
  EXPECT_EQ(softmax(zeros({3, 0})).shape(), (Shape{3, 0}));
}

TEST(Softmax, WrongUsageIsNamed) {
  expect_error<ShapeError>([] { softmax(ones({2, 3}), 2); }, {"softmax", "2"});
  expect_error<DTypeError>([] { log_softmax(ones({2}, DType::i64)); }, {"log_softmax", "i64"});
}

const std::vector<int64_t> kLabels = {2, 0, -100, 4, 1, 4};

void check_cross_entropy(const std::vector<int64_t>& labels, const SoftmaxCrossEntropyOptions& options,
                         const std::vector<double>& loss, const std::vector<double>& dz) {
  Tensor z = leaf({6, 5}, 3);
  const Tensor y = from_data(labels, {6});
  expect_value_and_gradients(softmax_cross_entropy(z, y, options), loss, {{z, dz, "logits"}});
  // The composed gradient, used for second derivatives, is the same.
  const Tensor again = softmax_cross_entropy(z, y, options);
  golden::expect_equal(grad(again, {z}, true, false, wave({6}, 9))[0], dz, "composed gradient");
  const auto f = [&](const std::vector<Tensor>& in) { return softmax_cross_entropy(in[0], y, options); };
  const GradcheckReport report = gradgradcheck(f, {z});
  EXPECT_TRUE(report) << report.message;
}

TEST(SoftmaxCrossEntropy, OptionsMatchPyTorch) {
  const Tensor weight = from_data(std::vector<double>{0.5, 2, 1, 0.25, 3}, {5});
  check_cross_entropy(kLabels, {}, golden::ce_plain, golden::ce_plain_dz);
  check_cross_entropy(kLabels, {.class_weight = {}, .smoothing = 0.1}, golden::ce_smooth,
                      golden::ce_smooth_dz);
  check_cross_entropy(kLabels, {.class_weight = weight}, golden::ce_weighted, golden::ce_weighted_dz);
  check_cross_entropy(kLabels, {.class_weight = weight, .smoothing = 0.3}, golden::ce_all, golden::ce_all_dz);
  check_cross_entropy({2, 0, 0, 4, 1, 4}, {.class_weight = {}, .ignore_index = 4}, golden::ce_ignore_class,
                      golden::ce_ignore_class_dz);
}

TEST(SoftmaxCrossEntropy, UniformLogitsCostLogC) {
  const Tensor loss =
      softmax_cross_entropy(zeros({1, 8}, DType::f64), from_data(std::vector<int64_t>{3}, {1}));
  EXPECT_NEAR(loss.item<double>(), std::log(8.0), 1e-15);
}

TEST(SoftmaxCrossEntropy, HugeLogitsStayFinite) {
  Tensor z = tensor({{1e4, -1e4}, {-1e4, 1e4}});
  z.set_requires_grad();
  const Tensor loss = softmax_cross_entropy(z, from_data(std::vector<int64_t>{1, 1}, {2}));
  EXPECT_EQ(loss.to_vector<float>(), (std::vector<float>{2e4F, 0}));
  sum(loss).backward();
  EXPECT_EQ(z.grad().to_vector<float>(), (std::vector<float>{1, -1, 0, 0}));
}

TEST(SoftmaxCrossEntropy, LargeLogitsKeepTheDigitsOfTheGradient) {
  for (double level : {1e4, 1e6}) {
    Tensor z = tensor({{level, level}}).set_requires_grad();
    sum(softmax_cross_entropy(z, from_data(std::vector<int64_t>{0}, {1}))).backward();
    EXPECT_NEAR(z.grad().to_vector<float>()[0], -0.5, 1e-7) << level;
    EXPECT_NEAR(z.grad().to_vector<float>()[1], 0.5, 1e-7) << level;
  }
  Tensor z = tensor({{10, 10, 10}}).to(DType::bf16).detach().set_requires_grad();
  sum(softmax_cross_entropy(z, from_data(std::vector<int64_t>{0}, {1}))).backward();
  EXPECT_EQ(z.grad().to(DType::f32).to_vector<float>(),
            tensor({-2. / 3, 1. / 3, 1. / 3}).to(DType::bf16).to(DType::f32).to_vector<float>());
}

TEST(SoftmaxCrossEntropy, AnEmptyBatchHasAnEmptyLoss) {
  Tensor z = zeros({0, 3});
  z.set_requires_grad();
  const Tensor loss = softmax_cross_entropy(z, empty({0}, DType::i64));
  EXPECT_EQ(loss.shape(), (Shape{0}));
  EXPECT_EQ(grad(sum(loss), {z})[0].shape(), (Shape{0, 3}));
}

TEST(SoftmaxCrossEntropy, WrongUsageIsNamed) {
  const auto labels = [](std::vector<int64_t> values) {
    return from_data(values, {static_cast<int64_t>(values.size())});
  };
  const Tensor z = zeros({2, 3});
  expect_error<ValueError>(
      [&] {
        softmax_cross_entropy(z, labels({1, 3}));
      },
      {"label 3", "row 1", "0..2", "ignore_index"});
  expect_error<ValueError>([&] { softmax_cross_entropy(z, labels({-1, 0})); }, {"label -1", "row 0"});
  expect_error<DTypeError>([&] { softmax_cross_entropy(z, zeros({2})); }, {"labels", "f32[2]", "i64"});
  expect_error<ShapeError>([&] { softmax_cross_entropy(z, labels({0, 1, 2})); }, {"f32[2, 3]", "i64[3]"});
  expect_error<ShapeError>(
      [&] {
        softmax_cross_entropy(zeros({3}), labels({0, 1, 2}));
      },
      {"f32[3]", "[N, C]"});
  expect_error<ShapeError>(
      [&] {
        softmax_cross_entropy(z, labels({0, 1}), {.class_weight = ones({2})});
      },
      {"class_weight", "f32[2]", "[3]"});
  expect_error<ValueError>(
      [&] {
        softmax_cross_entropy(z, labels({0, 1}), {.class_weight = {}, .smoothing = 1});
      },
      {"smoothing", "[0, 1)"});
}

}  // namespace
}  // namespace infograd
