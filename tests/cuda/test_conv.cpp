// Convolution as products, on a device that unfolds, multiplies and folds on the host, against the reference.
#include <deque>

#include <gtest/gtest.h>

#include <infograd/backends/cuda/im2col.h>
#include <infograd/core/generator.h>

#include "tests/backends/helpers.h"
#include "tests/cuda/conv_cases.h"
#include "tests/cuda/emulate.h"

namespace infograd::cuda {
namespace {

using infograd::test::reference;
using infograd::test::values;
using infograd::test::wave;
using testing::run_numbered;

class HostConvDevice : public ConvDevice {
 public:
  int unfolded = 0, folded = 0, copied = 0;

  View room(const Shape& shape, DType dtype) override {
    const Tensor memory = empty(shape, dtype);
    reference().fill(View(memory), test::kNan);  // what is read was written before
    return View(rooms_.emplace_back(memory));
  }
  void copy(View out, ConstView x) override {
    ++copied;
    reference().copy(out, x);
  }
  /// bf16 operands of an f32 result are products of f32: the reference has no such pair of types.
  void gemm(const GemmArgs& given) override {
    GemmArgs args = given;
    if (args.a.dtype != args.out.dtype) args.a = widened(args.a), args.b = widened(args.b);
    reference().gemm(args);
  }
  void sum_channels(View out, ConstView x) override { reference().reduce(ReduceOp::sum, out, x, 0); }
  void bias_activation(View out, ConstView bias, Activation activation) override {
    if (bias)
      reference().binary(BinaryOp::add, out, out, {bias.data, bias.dtype, out.shape, {0, bias.strides[0]}},
                         1);
    if (activation == Activation::relu) reference().unary(UnaryOp::relu, out, out, 0, 0);
    if (activation == Activation::tanh) reference().unary(UnaryOp::tanh, out, out, 0, 0);
  }
  void unfold(const ConvWindows& windows, ConstView x, View patches) override {
    ++unfolded;
    visit(patches.dtype, x.dtype, [&](auto to, auto from) {
      using To = decltype(to);
      run_numbered(Unfold<To, decltype(from)>(windows, x, patches.as<To>()), patches.numel());
    });
  }
  void fold(const ConvWindows& windows, View x, ConstView patches) override {
    ++folded;
    visit(x.dtype, patches.dtype, [&](auto to, auto from) {
      using From = decltype(from);
      run_numbered(Fold<decltype(to), From>(windows, x, patches.as<From>()), x.numel());
    });
  }

 private:
  template <class F>
  static void visit(DType to, DType from, F&& f) {
    if (to != from) return f(bfloat16(), float());
    visit_floating("test", to, [&](auto zero) { f(zero, zero); });
  }
  ConstView widened(const ConstView& x) {
    const View wide = room(x.shape, DType::f32);
    reference().copy(wide, x);
    return wide;
  }
  std::deque<Tensor> rooms_;
};

Tensor channels_last(const Tensor& t) {
  const Shape& s = t.shape();
  const Tensor result = empty_strided(s, {s[1] * s[2] * s[3], 1, s[3] * s[1], s[1]}, t.dtype());
  test::assign(result, values(t));
  return result;
}

/// In a layout of its own: row-major, channels last, reversed axes.
Tensor placed(const Shape& shape, double phase, DType dtype, uint64_t layout) {
  const Tensor x = wave(shape, phase, 1, 0, dtype);
  return layout == 0 ? x : layout == 1 ? channels_last(x) : test::transposed(x);
}

TEST(CudaConv, AllPassesOverRandomShapesAgreeWithReference) {
  Generator generator(11);
  int in_chunks = 0, pointwise = 0;
  for (int trial = 0; trial < 1500; ++trial) {
    ConvCase c = random_conv(generator);
    const DType dtype = trial % 3 == 0 ? DType::f64 : trial % 3 == 1 ? DType::f32 : DType::bf16;
    ConvArgs& args = c.args;
    if (dtype == DType::f32 && trial % 2 == 0) args.precision = Precision::bf16;
    SCOPED_TRACE("trial " + std::to_string(trial) + ": x " + to_string(c.x) + " w " + to_string(c.w) + " y " +
                 to_string(c.y) + " groups " + std::to_string(args.groups) + " " + std::string(name(dtype)) +
                 (args.precision == Precision::bf16 ? " precision bf16" : ""));
    const uint64_t layouts[3] = {generator.below(3), generator.below(3), generator.below(3)};
    const auto tensors = [&] {
      return std::array{placed(c.x, 0.1, dtype, layouts[0]), placed(c.w, 0.2, dtype, layouts[1]),
                        placed(c.y, 0.3, dtype, layouts[2]), wave({c.w[0]}, 0.4, 1, 0, dtype)};
    };
    for (const ConvPass pass : {ConvPass::forward, ConvPass::data_grad, ConvPass::weight_grad}) {
      args.pass = pass;
      args.activation = pass != ConvPass::forward ? Activation::none
                        : trial % 5 == 0          ? Activation::relu
                        : trial % 5 == 1          ? Activation::tanh
                                                  : Activation::none;
      const auto expected = tensors(), actual = tensors();
      const auto point_at = [&](const auto& t) {
        args.x = View(t[0]), args.w = View(t[1]), args.y = View(t[2]);
        args.bias = trial % 4 == 0 ? View() : View(t[3]);
      };
      point_at(expected);
      reference().conv(args);
      point_at(actual);
      HostConvDevice device;
      const int64_t most = 1 + static_cast<int64_t>(generator.below(2000));
      Im2col(device, args, most).run();
      in_chunks += device.unfolded > 1 || device.folded > 1;
      pointwise += device.unfolded + device.folded == 0;
      // bf16 rounds a product once and its bias once more; sums of a gradient run over all pixels.
      const double terms = pass == ConvPass::weight_grad ? static_cast<double>(c.y.numel() / c.y[1]) : 18;
      const double tolerance = dtype == DType::f64   ? 1e-14 * terms
                               : dtype == DType::f32 ? 1e-6 * terms
                                                     : 1.6e-2;
      for (size_t i = 0; i < 4; ++i) {
        const bool bias_of_bf16_product = i == 3 && args.precision == Precision::bf16 && dtype == DType::f32;
        // The reference rounds the terms of the bias too; we add them as they are.
        test::expect_values(actual[i], values(expected[i]), bias_of_bf16_product ? 4e-3 * terms : tolerance);
      }
    }
  }
  EXPECT_GT(in_chunks, 300);
  EXPECT_GT(pointwise, 100);
}

TEST(CudaConv, DenseChannelsLastNeedsNoCopies) {
  const Tensor x = channels_last(wave({2, 4, 5, 6}, 0)), y = channels_last(wave({2, 6, 5, 6}, 1)),
               w = channels_last(wave({6, 2, 3, 3}, 2));
  ConvArgs args;
  args.x = View(x), args.y = View(y), args.w = View(w);
  args.pad_begin = args.pad_end = {1, 1};
  args.groups = 2;
  for (const ConvPass pass : {ConvPass::forward, ConvPass::data_grad, ConvPass::weight_grad}) {
    args.pass = pass;
    HostConvDevice device;
    Im2col(device, args).run();
    EXPECT_EQ(device.copied, 0);
  }
}

}  // namespace
}  // namespace infograd::cuda
