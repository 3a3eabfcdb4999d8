// Convolution and pooling against PyTorch in f64; inputs are the waves of tests/golden/backends.py.
#include "tests/backends/helpers.h"
#include "tests/golden/backends.h"

namespace infograd {
namespace {

using namespace test;

/// [B, C, H, W] with the memory of [B, H, W, C].
Tensor channels_last(const Tensor& t) {
  const Shape& s = t.shape();
  const Tensor result = empty_strided(s, {s[1] * s[2] * s[3], 1, s[3] * s[1], s[1]}, t.dtype());
  assign(result, values(t));
  return result;
}

struct ConvTest : testing::TestWithParam<bool> {
  Tensor laid_out(const Tensor& t) const { return GetParam() ? channels_last(t) : t; }
  Tensor x = laid_out(wave({2, 4, 5, 6}, 0.1)), w = wave({6, 2, 3, 2}, 0.2), b = wave({6}, 0.3);
  Tensor y = laid_out(wave({2, 6, 2, 6}, 0.4));

  ConvArgs args(ConvPass pass) const {
    ConvArgs a;
    a.pass = pass;
    a.x = View(x);
    a.w = View(w);
    a.bias = View(b);
    a.y = View(y);
    a.stride = {2, 1};
    a.dilation = {1, 2};
    a.pad_begin = {1, 0};
    a.pad_end = {0, 2};
    a.groups = 2;
    return a;
  }
};
INSTANTIATE_TEST_SUITE_P(Layouts, ConvTest, testing::Bool(),
                         [](const auto& test) { return test.param ? "channels_last" : "contiguous"; });

TEST_P(ConvTest, Forward) {
  reference().conv(args(ConvPass::forward));
  expect_values(y, golden::conv_y, 1e-13);
  ConvArgs fused = args(ConvPass::forward);
  fused.activation = Activation::relu;
  reference().conv(fused);
  expect_values(y, golden::conv_relu, 1e-13);
}

TEST_P(ConvTest, DataGradient) {
  reference().fill(View(x), kNan);
  reference().conv(args(ConvPass::data_grad));
  expect_values(x, golden::conv_dx, 1e-13);
}

TEST_P(ConvTest, WeightAndBiasGradient) {
  reference().fill(View(w), kNan);
  reference().fill(View(b), kNan);
  reference().conv(args(ConvPass::weight_grad));
  expect_values(w, golden::conv_dw, 1e-13);
  expect_values(b, golden::conv_db, 1e-13);
}

TEST(ReferenceConv, OneByOneByHand) {
  const Tensor x = make({1, 2, 1, 2}, {1, 2, 3, 4}), w = make({1, 2, 1, 1}, {10, 100}),
               y = empty({1, 1, 1, 2}, DType::f64);
  ConvArgs args;
  args.x = View(x);
  args.w = View(w);
  args.y = View(y);
  reference().conv(args);
  expect_values(y, {310, 420});
}

struct PoolCase {
  PoolKind kind;
  const Values &y, &dx;
};

struct PoolTest : testing::TestWithParam<PoolCase> {};
INSTANTIATE_TEST_SUITE_P(Kinds, PoolTest,
                         testing::Values(PoolCase{PoolKind::max, golden::pool_max_y, golden::pool_max_dx},
                                         PoolCase{PoolKind::avg_exclude_pad, golden::pool_avg_exclude_y,
                                                  golden::pool_avg_exclude_dx},
                                         PoolCase{PoolKind::avg_include_pad, golden::pool_avg_include_y,
                                                  golden::pool_avg_include_dx}));

TEST_P(PoolTest, ForwardAndBackward) {
  for (const DType index_type : {DType::u8, DType::i64}) {
    const Tensor x = channels_last(wave({2, 3, 6, 7}, 0.5)), y = empty({2, 3, 3, 4}, DType::f64);
    const Tensor index = empty({2, 3, 3, 4}, index_type);
    PoolArgs args;
    args.kind = GetParam().kind;
    args.x = View(x);
    args.y = View(y);
    if (args.kind == PoolKind::max) args.index = View(index);
    args.kernel = {3, 2};
    args.stride = {2, 2};
    args.pad_begin = args.pad_end = {1, 1};
    reference().pool(args);
    expect_values(y, GetParam().y, 1e-14);
    assign(y, wave_values(72, 0.6));
    args.backward = true;
    reference().pool(args);
    expect_values(x, GetParam().dx, 1e-14);
  }
}

TEST(ReferencePool, FirstOfEqualsAndPaddingNeverWins) {
  const Tensor x = make({1, 1, 2, 2}, {-1, -1, -1, -1}), y = empty({1, 1, 1, 1}, DType::f64),
               index = empty({1, 1, 1, 1}, DType::u8);
  PoolArgs args;
  args.x = View(x);
  args.y = View(y);
  args.index = View(index);
  args.kernel = {3, 3};
  args.stride = {3, 3};
  args.pad_begin = {1, 1};
  reference().pool(args);
  expect_values(y, {-1});
  expect_values(index, {4});  // (1, 1) of the window is the first cell inside the image
}

}  // namespace
}  // namespace infograd
