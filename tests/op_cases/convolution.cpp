// Rows of conv.h and sampling.h.
#include <infograd/ops/conv.h>
#include <infograd/ops/sampling.h>

#include "tests/op_cases.h"

namespace infograd::testing {

namespace {

using In = const std::vector<Tensor>&;

OpCase conv_with(Conv2dOptions options, std::string variant, std::vector<std::vector<Shape>> shapes) {
  return {.op = "conv2d",
          .variant = std::move(variant),
          .f = [options](In x) { return conv2d(x[0], x[1], x[2], options); },
          .inputs = {normal(), normal(), normal()},
          .shapes = std::move(shapes)};
}

std::vector<OpCase> conv_cases() {
  std::vector<OpCase> rows = {
      conv_with({}, "",
                {{{2, 3, 4, 5}, {4, 3, 3, 2}, {4}},
                 {{1, 1, 1, 1}, {1, 1, 1, 1}, {1}},
                 {{0, 2, 3, 3}, {2, 2, 2, 2}, {2}}}),
      conv_with({.padding = {1, 1}}, "same", {{{2, 2, 3, 4}, {3, 2, 3, 3}, {3}}}),
      conv_with({.stride = {2, 3}, .padding = {1, 2}}, "stride", {{{1, 2, 5, 4}, {2, 2, 3, 3}, {2}}}),
      conv_with({.padding = {2, 0}, .dilation = {2, 3}}, "dilation", {{{1, 2, 4, 5}, {2, 2, 2, 2}, {2}}}),
      conv_with({.padding = {1, 1}, .groups = 2}, "groups", {{{1, 4, 3, 3}, {6, 2, 2, 2}, {6}}}),
      conv_with({.groups = 3}, "depthwise", {{{2, 3, 3, 3}, {3, 1, 2, 2}, {3}}}),
      conv_with({.activation = Activation::relu}, "relu", {{{2, 2, 3, 3}, {2, 2, 2, 2}, {2}}}),
      conv_with({.activation = Activation::tanh}, "tanh", {{{2, 2, 3, 3}, {2, 2, 2, 2}, {2}}}),
      conv_with({.activation = Activation::gelu}, "gelu", {{{2, 2, 3, 3}, {2, 2, 2, 2}, {2}}}),
      {.op = "conv2d",
       .variant = "no_bias",
       .f = [](In x) { return conv2d(x[0], x[1]); },
       .inputs = {normal(), normal()},
       .shapes = {{{2, 3, 4, 4}, {2, 3, 3, 3}}}},
  };
  rows[1].bench = {{256, 32, 14, 14}, {64, 32, 3, 3}, {64}};
  return rows;
}

OpCase pool_with(std::string op, Tensor (*f)(const Tensor&, const Pool2dOptions&), Pool2dOptions options,
                 std::string variant) {
  return {.op = std::move(op),
          .variant = std::move(variant),
          .f = [f, options](In x) { return f(x[0], options); },
          .inputs = {distinct()},  // a finite difference must not change the winner
          .shapes = {{{2, 3, 5, 4}}, {{1, 1, 2, 2}}, {{0, 2, 4, 4}}}};
}

std::vector<OpCase> pool_cases() {
  const Pool2dOptions overlapping{.kernel = {2, 2}, .stride = {1, 2}, .padding = {1, 0}};
  Pool2dOptions ceil = overlapping, counting = overlapping;
  ceil.ceil_mode = true;
  counting.count_include_pad = true;
  Pool2dOptions overhanging{.kernel = {3, 2}, .stride = {3, 3}, .padding = {1, 1}};
  overhanging.ceil_mode = overhanging.count_include_pad = true;
  std::vector<OpCase> rows = {
      pool_with("max_pool2d", max_pool2d, {}, ""),
      pool_with("max_pool2d", max_pool2d, overlapping, "overlapping"),
      pool_with("max_pool2d", max_pool2d, ceil, "ceil"),
      pool_with("avg_pool2d", avg_pool2d, {}, ""),
      pool_with("avg_pool2d", avg_pool2d, overlapping, "overlapping"),
      pool_with("avg_pool2d", avg_pool2d, ceil, "ceil"),
      pool_with("avg_pool2d", avg_pool2d, counting, "include_pad"),
      pool_with("avg_pool2d", avg_pool2d, overhanging, "include_pad_ceil"),
  };
  rows[0].bench = rows[3].bench = {{256, 32, 28, 28}};
  return rows;
}

OpCase sample_with(GridSampleOptions options, std::string variant) {
  return {.op = "grid_sample",
          .variant = std::move(variant),
          .f = [options](In x) { return grid_sample(x[0], x[1], options); },
          .inputs = {normal(), uniform(-1.3, 1.3)},
          .shapes = {{{2, 3, 4, 5}, {2, 3, 2, 2}},
                     {{1, 1, 1, 1}, {1, 1, 1, 2}},
                     {{0, 1, 2, 2}, {0, 3, 3, 2}},
                     {{2, 1, 3, 3}, {2, 0, 2, 2}}},
          .gradient = Gradient::once,
          .why_not = "not differentiable twice because its gradient kernel has no gradient"};
}

/// Columns and rows in pixels, some of them outside the image.
OpCase sample_pixels() {
  return {.op = "grid_sample_bilinear",
          .f = [](In x) { return grid_sample_bilinear(x[0], x[1], x[2]).value; },
          .inputs = {normal(), uniform(-0.7, 4.7), uniform(-0.7, 3.7)},
          .shapes = {{{2, 3, 4, 5}, {2, 3, 2}, {2, 3, 2}},
                     {{1, 1, 1, 1}, {1, 1, 1}, {1, 1, 1}},
                     {{0, 1, 2, 2}, {0, 3, 3}, {0, 3, 3}},
                     {{2, 1, 3, 3}, {2, 0, 2}, {2, 0, 2}}},
          .gradient = Gradient::once,
          .why_not = "not differentiable twice because its gradient kernel has no gradient"};
}

OpCase grid_with(bool align_corners, std::string variant) {
  return {.op = "affine_grid",
          .variant = std::move(variant),
          .f = [align_corners](In x) { return affine_grid(x[0], 3, 4, align_corners); },
          .inputs = {normal()},
          .shapes = {{{2, 2, 3}}, {{1, 2, 3}}, {{0, 2, 3}}},
          .bench = {{256, 2, 3}}};
}

}  // namespace

std::vector<OpCase> convolution_cases() {
  std::vector<OpCase> rows = conv_cases();
  for (OpCase& row : pool_cases()) rows.push_back(std::move(row));
  OpCase sample = sample_with({}, "");
  sample.bench = {{256, 1, 28, 28}, {256, 28, 28, 2}};
  rows.push_back(std::move(sample));
  rows.push_back(sample_with({.align_corners = true}, "corners"));
  rows.push_back(sample_with({.padding = PaddingMode::border}, "border"));
  rows.push_back(sample_pixels());
  rows.back().bench = {{16, 1, 64, 64}, {16, 64, 64}, {16, 64, 64}};
  rows.push_back(grid_with(false, ""));
  rows.push_back(grid_with(true, "corners"));
  return rows;
}

}  // namespace infograd::testing
