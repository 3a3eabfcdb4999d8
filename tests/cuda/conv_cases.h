// Random convolutions.
#pragma once

#include <algorithm>

#include <infograd/backends/args.h>
#include <infograd/core/generator.h>

namespace infograd::cuda {

struct ConvCase {
  Shape x, w, y;
  ConvArgs args;
};

inline ConvCase random_conv(Generator& generator) {
  const auto below = [&](int n) { return static_cast<int>(generator.below(static_cast<uint64_t>(n))); };
  ConvCase c;
  c.args.groups = 1 + below(3);
  const int64_t inputs = 1 + below(3), outputs = 1 + below(3);
  c.x = {1 + below(4), inputs * c.args.groups, 0, 0};
  c.w = {outputs * c.args.groups, inputs, 0, 0};
  c.y = {c.x[0], c.w[0], 0, 0};
  const bool point = below(4) == 0;
  for (size_t axis = 0; axis < 2; ++axis) {
    const auto a = static_cast<int>(axis) + 2;
    c.w[a] = point ? 1 : 1 + below(3);
    c.args.stride[axis] = point ? 1 : 1 + below(3);
    c.args.dilation[axis] = 1 + below(3);
    c.args.pad_begin[axis] = point ? 0 : below(3);
    c.args.pad_end[axis] = point ? 0 : below(3);
    const int64_t reach = (c.w[a] - 1) * c.args.dilation[axis] + 1;
    c.x[a] = std::max<int64_t>(1, reach - c.args.pad_begin[axis] - c.args.pad_end[axis]) + below(5);
    c.y[a] = (c.x[a] + c.args.pad_begin[axis] + c.args.pad_end[axis] - reach) / c.args.stride[axis] + 1;
  }
  return c;
}

}  // namespace infograd::cuda
