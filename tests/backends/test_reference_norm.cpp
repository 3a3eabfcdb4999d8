// Batch norm, layer norm, softmax and cross-entropy against PyTorch in f64.
#include "tests/backends/helpers.h"
#include "tests/golden/backends.h"

namespace infograd {
namespace {

using namespace test;

struct BatchNormTest : testing::TestWithParam<bool> {
  bool training = GetParam();
  Tensor x = transposed(wave({3, 4, 2, 3}, 0.7)), y = empty({3, 4, 2, 3}, DType::f64);
  Tensor weight = wave({4}, 0.8, 1, 1.5), bias = wave({4}, 0.9), mean = wave({4}, 1.0),
         var = wave({4}, 1.1, 1, 1.5);
  Tensor save_mean = empty({4}, DType::f64), save_rstd = empty({4}, DType::f64);

  void forward() const {
    BatchNormArgs args;
    args.x = ConstView(x);
    args.weight = ConstView(weight);
    args.bias = ConstView(bias);
    args.y = View(y);
    args.running_mean = View(mean);
    args.running_var = View(var);
    args.save_mean = View(save_mean);
    args.save_rstd = View(save_rstd);
    args.eps = 1e-3;
    args.momentum = 0.2;
    args.training = training;
    args.activation = Activation::relu;
    reference().batch_norm(args);
  }
};
INSTANTIATE_TEST_SUITE_P(Modes, BatchNormTest, testing::Bool(),
                         [](const auto& test) { return test.param ? "training" : "evaluation"; });

TEST_P(BatchNormTest, ForwardWithRelu) {
  forward();
  expect_values(y, training ? golden::bn_train_y : golden::bn_eval_y, 1e-13);
  expect_values(mean, training ? golden::bn_train_mean : golden::bn_eval_mean, 1e-13);
  expect_values(var, training ? golden::bn_train_var : golden::bn_eval_var, 1e-13);
}

TEST_P(BatchNormTest, Backward) {
  forward();
  const Tensor dy = transposed(wave({3, 4, 2, 3}, 1.2)), dx = empty({3, 4, 2, 3}, DType::f64);
  const Tensor dweight = empty({4}, DType::f64), dbias = empty({4}, DType::f64);
  BatchNormGradArgs args;
  args.dy = ConstView(dy);
  args.x = ConstView(x);
  args.y = ConstView(y);
  args.weight = ConstView(weight);
  args.save_mean = ConstView(save_mean);
  args.save_rstd = ConstView(save_rstd);
  args.dx = View(dx);
  args.dweight = View(dweight);
  args.dbias = View(dbias);
  args.training = training;
  args.activation = Activation::relu;
  reference().batch_norm_grad(args);
  expect_values(dx, training ? golden::bn_train_dx : golden::bn_eval_dx, 1e-12);
  expect_values(dweight, training ? golden::bn_train_dw : golden::bn_eval_dw, 1e-12);
  expect_values(dbias, training ? golden::bn_train_db : golden::bn_eval_db, 1e-12);
}

TEST(ReferenceBatchNorm, WithoutValuesLeavesTheStatistics) {
  const Tensor x = empty({0, 2}, DType::f64), mean = make({2}, {1, 2});
  BatchNormArgs args;
  args.x = ConstView(x);
  args.y = View(x);
  args.running_mean = View(mean);
  reference().batch_norm(args);
  expect_values(mean, {1, 2});
}

TEST(ReferenceLayerNorm, ForwardAndBackward) {
  const Tensor x = wave({3, 5}, 1.3), weight = wave({5}, 1.4), bias = wave({5}, 1.5),
               y = empty({3, 5}, DType::f64);
  const Tensor mean = empty({3}, DType::f64), rstd = empty({3}, DType::f64);
  LayerNormArgs args;
  args.x = ConstView(x);
  args.weight = ConstView(weight);
  args.bias = ConstView(bias);
  args.y = View(y);
  args.mean = View(mean);
  args.rstd = View(rstd);
  args.eps = 1e-3;
  reference().layer_norm(args);
  expect_values(y, golden::ln_y, 1e-13);

  const Tensor dy = wave({3, 5}, 1.6), dx = empty({3, 5}, DType::f64), dw = empty({5}, DType::f64),
               db = empty({5}, DType::f64);
  LayerNormGradArgs grad;
  grad.dy = ConstView(dy);
  grad.x = ConstView(x);
  grad.weight = ConstView(weight);
  grad.mean = ConstView(mean);
  grad.rstd = ConstView(rstd);
  grad.dx = View(dx);
  grad.dweight = View(dw);
  grad.dbias = View(db);
  reference().layer_norm_grad(grad);
  expect_values(dx, golden::ln_dx, 1e-13);
  expect_values(dw, golden::ln_dw, 1e-13);
  expect_values(db, golden::ln_db, 1e-13);
}

TEST(ReferenceSoftmax, ForwardAndBackwardAlongTheMiddleAxis) {
  for (const bool log : {false, true}) {
    const Tensor x = transposed(wave({2, 4, 3}, 1.7, 3)), dy = wave({2, 4, 3}, 1.8),
                 y = empty({2, 4, 3}, DType::f64);
    const Tensor dx = empty({2, 4, 3}, DType::f64);
    reference().softmax(View(y), ConstView(x), 1, log);
    expect_values(y, log ? golden::log_softmax_y : golden::softmax_y, 1e-14);
    reference().softmax_grad(View(dx), ConstView(dy), ConstView(y), 1, log);
    expect_values(dx, log ? golden::log_softmax_dx : golden::softmax_dx, 1e-14);
  }
}

TEST(ReferenceSoftmax, MaskedEntriesAndMaskedRows) {
  const Tensor x = make({2, 2}, {-kInf, 5, -kInf, -kInf}), y = empty({2, 2}, DType::f64),
               dy = make({2, 2}, {1, 2, 3, 4});
  const Tensor dx = empty({2, 2}, DType::f64);
  reference().softmax(View(y), ConstView(x), 1, false);
  expect_values(y, {0, 1, 0, 0});
  reference().softmax_grad(View(dx), ConstView(dy), ConstView(y), 1, false);
  expect_values(dx, {0, 0, 0, 0});
  reference().softmax(View(y), ConstView(x), 1, true);
  expect_values(y, {-kInf, 0, -kInf, -kInf});
  reference().softmax_grad(View(dx), ConstView(dy), ConstView(y), 1, true);
  expect_values(dx, {1, -1, 0, 0});
}

struct CrossEntropyCase {
  double smoothing;
  bool weighted;
  const Values &loss, &dz;
};
struct CrossEntropyTest : testing::TestWithParam<CrossEntropyCase> {};
INSTANTIATE_TEST_SUITE_P(
    Options, CrossEntropyTest,
    testing::Values(CrossEntropyCase{0, false, golden::ce_plain_loss, golden::ce_plain_dz},
                    CrossEntropyCase{0, true, golden::ce_weighted_loss, golden::ce_weighted_dz},
                    CrossEntropyCase{0.3, true, golden::ce_smooth_loss, golden::ce_smooth_dz}));

TEST_P(CrossEntropyTest, LossAndGradientPerRow) {
  const Tensor z = wave({4, 5}, 1.9, 3), labels = make({4}, {3, 0, -100, 1}, DType::i64),
               weight = wave({5}, 2.0, 1, 1.5);
  const Tensor loss = empty({4}, DType::f64), lse = empty({4}, DType::f64), grad = wave({4}, 2.1),
               dz = empty({4, 5}, DType::f64);
  CrossEntropyArgs args;
  args.logits = ConstView(z);
  args.labels = ConstView(labels);
  if (GetParam().weighted) args.weight = ConstView(weight);
  args.loss = View(loss);
  args.lse = View(lse);
  args.smoothing = GetParam().smoothing;
  reference().cross_entropy(args);
  expect_values(loss, GetParam().loss, 1e-14);
  args.grad = ConstView(grad);
  args.dlogits = View(dz);
  reference().cross_entropy_grad(args);
  expect_values(dz, GetParam().dz, 1e-14);
}

}  // namespace
}  // namespace infograd
