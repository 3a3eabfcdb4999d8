// Cross-entropy, NLL, BCE and MSE: ignored rows, reductions, messages.
#include <cmath>

#include <gtest/gtest.h>

#include <infograd/autograd/engine.h>
#include <infograd/core/error.h>
#include <infograd/losses/classification/bce.h>
#include <infograd/losses/classification/cross_entropy.h>
#include <infograd/losses/regression/mse.h>
#include <infograd/ops/creation.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/index.h>
#include <infograd/ops/random_ops.h>
#include <infograd/ops/reduce.h>
#include <infograd/ops/softmax.h>

namespace infograd::losses {
namespace {

Tensor logits(uint64_t seed = 1) {
  Generator generator(seed);
  return rand_normal({4, 3}, 0, 1, DType::f64, generator).set_requires_grad();
}

Tensor labels(std::vector<int64_t> values) {
  const auto n = static_cast<int64_t>(values.size());
  return from_data(values, {n});
}

constexpr double kTolerance = 1e-12;

TEST(CrossEntropy, HardLabelsAreSoftTargetsOfOne) {
  const Tensor z = logits(), y = labels({2, 0, 1, 1});
  for (const double smoothing : {0.0, 0.3})
    EXPECT_NEAR(cross_entropy(z, y, {.smoothing = smoothing}).item(),
                cross_entropy(z, one_hot(y, 3, DType::f64), {.smoothing = smoothing}).item(), kTolerance);
  EXPECT_NEAR(cross_entropy(z, y).item(), nll(log_softmax(z), y).item(), kTolerance);
  const Tensor w = tensor({1, 2, 0.5}, DType::f64);
  EXPECT_NEAR(cross_entropy(z, y, {.class_weight = w}).item(),
              nll(log_softmax(z), y, {.class_weight = w}).item(), kTolerance);
}

TEST(CrossEntropy, IgnoredRowsDoNotCount) {
  const Tensor z = logits(), some = labels({2, -100, 1, -100});
  const Tensor kept = index_select(z, 0, labels({0, 2}));
  EXPECT_NEAR(cross_entropy(z, some).item(), cross_entropy(kept, labels({2, 1})).item(), kTolerance);
  EXPECT_NEAR(nll(z, some).item(), nll(kept, labels({2, 1})).item(), kTolerance);
  const Tensor none = cross_entropy(z, labels({7, 7, 7, 7}), {.ignore_index = 7});
  EXPECT_EQ(none.item(), 0);
  EXPECT_EQ(max(abs(grad(none, {z})[0])).item(), 0);
}

TEST(CrossEntropy, Reductions) {
  const Tensor z = logits(), y = labels({2, 0, 1, 1});
  const Tensor rows = cross_entropy(z, y, {.reduction = Reduction::none});
  ASSERT_EQ(rows.shape(), Shape{4});
  EXPECT_NEAR(cross_entropy(z, y, {.reduction = Reduction::sum}).item(), sum(rows).item(), kTolerance);
  EXPECT_NEAR(cross_entropy(z, y).item(), mean(rows).item(), kTolerance);
  EXPECT_EQ(mse(z, z, {.reduction = Reduction::none}).shape(), (Shape{4, 3}));
}

TEST(Bce, WeightsAndIdentity) {
  const Tensor z = logits(), t = sigmoid(logits(2)).detach();
  const Tensor p = sigmoid(z);
  EXPECT_NEAR(bce_with_logits(z, t).item(), -mean(t * log(p) + (1.0 - t) * log(1.0 - p)).item(), kTolerance);
  const Tensor w = tensor({1, 2, 3}, DType::f64);
  EXPECT_NEAR(bce_with_logits(z, t, {.pos_weight = w}).item(),
              -mean(w * t * log(p) + (1.0 - t) * log(1.0 - p)).item(), kTolerance);
  EXPECT_NEAR(bce_with_logits(z, t, {.weight = w}).item(),
              -mean(w * (t * log(p) + (1.0 - t) * log(1.0 - p))).item(), kTolerance);
}

TEST(Supervised, Messages) {
  const Tensor z = logits();
  EXPECT_THROW(cross_entropy(z, labels({0, 1})), ShapeError);
  EXPECT_THROW(cross_entropy(z, labels({0, 1, 2, 3})), Error) << "class 3 of 3";
  EXPECT_THROW(cross_entropy(z, zeros({4}, DType::f64)), ShapeError);
  EXPECT_THROW(cross_entropy(z, zeros({4}, DType::u8)), DTypeError);
  EXPECT_THROW(cross_entropy(z, labels({0, 1, 2, 0}), {.smoothing = 1}), ValueError);
  EXPECT_THROW(cross_entropy(z, labels({0, 1, 2, 0}), {.class_weight = ones({2}, DType::f64)}), ShapeError);
  EXPECT_THROW(nll(z, zeros({4}, DType::f64)), DTypeError);
  for (const int64_t wrong : {-1, 3})
    EXPECT_THROW(nll(z, labels({0, 1, 2, wrong})), ValueError) << "gather would take -1 for the last class";
  EXPECT_NO_THROW(nll(z, labels({0, 1, 2, -1}), {.ignore_index = -1}));
  EXPECT_THROW(mse(z, zeros({4}, DType::f64)), ShapeError);
  EXPECT_THROW(bce_with_logits(z, zeros({4, 1}, DType::f64)), ShapeError);
}

}  // namespace
}  // namespace infograd::losses
