#include <fmt/core.h>

#include <infograd/backends/registry.h>

#include "tests/backends/products.h"

namespace infograd::test {
namespace {

struct Case {
  int64_t batch, channels, outputs, height, width, kernel_h, kernel_w;
  std::array<int, 2> stride{1, 1}, dilation{1, 1}, begin{0, 0}, end{0, 0};
  int groups = 1;
  DType dtype = DType::f32;
  Layout x = Layout::channels_last, w = Layout::row_major, y = Layout::channels_last;
  Activation activation = Activation::none;
  bool bias = true;
  Precision precision = Precision::f32;
};

void compare(const Case& c) {
  const auto extent = [&](size_t axis, int64_t size, int64_t kernel) {
    return (size + c.begin[axis] + c.end[axis] - c.dilation[axis] * (kernel - 1) - 1) / c.stride[axis] + 1;
  };
  const int64_t out_h = extent(0, c.height, c.kernel_h), out_w = extent(1, c.width, c.kernel_w);
  const int64_t group_channels = c.channels / c.groups;
  for (ConvPass pass : {ConvPass::forward, ConvPass::data_grad, ConvPass::weight_grad}) {
    Array x({c.batch, c.channels, c.height, c.width}, c.dtype, c.x),
        y({c.batch, c.outputs, out_h, out_w}, c.dtype, c.y);
    Array w({c.outputs, group_channels, c.kernel_h, c.kernel_w}, c.dtype, c.w), bias({c.outputs}, c.dtype);
    x.fill(1), w.fill(2), bias.fill(3), y.fill(4);
    Array x2 = x, w2 = w, bias2 = bias, y2 = y;
    const auto run = [&](Backend& backend, Array& xa, Array& wa, Array& ba, Array& ya) {
      backend.conv({.pass = pass,
                    .x = xa.view,
                    .w = wa.view,
                    .bias = c.bias ? ba.view : View(),
                    .y = ya.view,
                    .stride = c.stride,
                    .dilation = c.dilation,
                    .pad_begin = c.begin,
                    .pad_end = c.end,
                    .groups = c.groups,
                    .activation = pass == ConvPass::forward ? c.activation : Activation::none,
                    .precision = c.precision});
    };
    run(backend_by_name("cpu"), x, w, bias, y);
    run(reference(), x2, w2, bias2, y2);
    const std::string what =
        fmt::format("pass {} batch {} {}x{}x{} -> {} kernel {}x{} groups {} {} x {} w {} y {} precision {}",
                    static_cast<int>(pass), c.batch, c.channels, c.height, c.width, c.outputs, c.kernel_h,
                    c.kernel_w, c.groups, name(c.dtype), to_string(c.x), to_string(c.w), to_string(c.y),
                    static_cast<int>(c.precision));
    const auto taps = static_cast<double>(group_channels * c.kernel_h * c.kernel_w);
    const auto pixels = static_cast<double>(c.batch * out_h * out_w);
    expect_close(y.view, y2.view, taps, what + " y");
    expect_close(x.view, x2.view, taps * static_cast<double>(c.outputs) / static_cast<double>(group_channels),
                 what + " x");
    expect_close(w.view, w2.view, pixels, what + " w");
    // the bias gradient sums what the products see: with bf16 precision, rounded values
    const double rounding = c.precision == Precision::bf16 ? 0x1p-9 / 4.8e-7 : 1;
    expect_close(bias.view, bias2.view, pixels * rounding, what + " bias");
  }
}

constexpr DType kTypes[] = {DType::f32, DType::f64, DType::bf16};

TEST(Conv, Geometries) {
  for (DType dtype : kTypes) {
    const auto with = [&](Case c) {
      c.dtype = dtype;
      compare(c);
    };
    with({2, 3, 8, 9, 11, 3, 3});
    with({2, 16, 32, 9, 7, 3, 3, {1, 1}, {1, 1}, {1, 1}, {1, 1}});
    with({3, 1, 32, 14, 14, 3, 3, {1, 1}, {1, 1}, {1, 1}, {1, 1}});
    with({3, 1, 8, 14, 14, 5, 5, {2, 2}});
    with({2, 5, 7, 12, 10, 3, 2, {2, 1}, {1, 2}, {1, 0}, {0, 2}});
    with({2, 16, 16, 13, 13, 3, 3, {2, 2}, {2, 2}, {2, 1}, {1, 2}});
    with({2, 32, 16, 8, 8, 1, 1});
    with({2, 8, 16, 9, 9, 1, 1, {2, 2}});
    with({1, 4, 4, 5, 5, 5, 5});
    with({2, 3, 10, 8, 8, 4, 4, {4, 4}, {1, 1}, {0, 0}, {3, 3}});
  }
}

TEST(Conv, Groups) {
  for (DType dtype : kTypes)
    for (int groups : {2, 4, 8}) {
      Case c{2, 8, 16, 9, 8, 3, 3, {1, 1}, {1, 1}, {1, 1}, {1, 1}, groups, dtype};
      compare(c);
      c.outputs = 8;  // groups = 8: depthwise
      compare(c);
    }
}

TEST(Conv, LayoutsOfEveryOperand) {
  for (DType dtype : kTypes)
    for (Layout x : {Layout::channels_last, Layout::row_major, Layout::stepped, Layout::padded})
      for (Layout w : {Layout::row_major, Layout::channels_last, Layout::transposed, Layout::stepped})
        for (Layout y : {Layout::channels_last, Layout::row_major, Layout::padded})
          compare({2, 4, 8, 7, 6, 3, 3, {1, 1}, {1, 1}, {1, 1}, {1, 1}, 1, dtype, x, w, y});
}

TEST(Conv, Epilogue) {
  for (DType dtype : kTypes)
    for (Activation activation :
         {Activation::none, Activation::relu, Activation::gelu, Activation::tanh, Activation::sigmoid})
      for (bool bias : {false, true})
        compare({2,
                 4,
                 16,
                 8,
                 8,
                 3,
                 3,
                 {1, 1},
                 {1, 1},
                 {1, 1},
                 {1, 1},
                 1,
                 dtype,
                 Layout::channels_last,
                 Layout::row_major,
                 Layout::channels_last,
                 activation,
                 bias});
}

TEST(Conv, ReluKeepsNaN) {  // as 0 it would hide a model that diverged
  for (DType dtype : kTypes)
    for (Layout layout : {Layout::channels_last, Layout::row_major}) {
      Array x({2, 8, 6, 6}, dtype, layout), w({16, 8, 3, 3}, dtype), y({2, 16, 4, 4}, dtype, layout);
      const double nan = std::numeric_limits<double>::quiet_NaN();
      x.fill(1, nan, nan), w.fill(2), y.fill(3);
      backend_by_name("cpu").conv(
          {.x = x.view, .w = w.view, .bias = {}, .y = y.view, .activation = Activation::relu});
      for (double v : values(y.view)) ASSERT_TRUE(std::isnan(v)) << name(dtype);
    }
}

TEST(Conv, Bf16PrecisionRoundsTheOperandsOnly) {
  for (Layout layout : {Layout::channels_last, Layout::row_major})
    compare({2,
             8,
             16,
             9,
             9,
             3,
             3,
             {1, 1},
             {1, 1},
             {1, 1},
             {1, 1},
             1,
             DType::f32,
             layout,
             Layout::row_major,
             layout,
             Activation::relu,
             true,
             Precision::bf16});
}

TEST(Conv, ExpandedInputAndBias) {
  Array plane({1, 1, 6, 6}, DType::f32), w({4, 3, 3, 3}, DType::f32), one({1}, DType::f32);
  plane.fill(1), w.fill(2), one.fill(3);
  View x = plane.view, bias(one.view.data, DType::f32, {4}, {0});
  x.shape = {5, 3, 6, 6};
  x.strides = {0, 0, 6, 1};
  Array y({5, 4, 4, 4}, DType::f32, Layout::channels_last), want = y;
  backend_by_name("cpu").conv({.x = x, .w = w.view, .bias = bias, .y = y.view});
  reference().conv({.x = x, .w = w.view, .bias = bias, .y = want.view});
  expect_close(y.view, want.view, 27, "expanded");
}

TEST(Conv, EmptyBatch) {
  for (DType dtype : kTypes) compare({0, 3, 8, 9, 11, 3, 3, {1, 1}, {1, 1}, {0, 0}, {0, 0}, 1, dtype});
}

}  // namespace
}  // namespace infograd::test
