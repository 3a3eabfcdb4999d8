// Rows of shape_ops.h and of the conversions of Tensor (to, contiguous, clone).
#include <infograd/ops/shape_ops.h>

#include "tests/op_cases.h"

namespace infograd::testing {

namespace {

using In = const std::vector<Tensor>&;
const std::vector<std::vector<Shape>> kMatrix = {{{3, 4}}, {{1, 4}}, {{0, 4}}, {{2, 4, 3}}};
const std::vector<std::vector<Shape>> kImage = {{{2, 3, 4, 5}}, {{1, 1, 1, 1}}, {{0, 2, 3, 3}}};

OpCase one(std::string op, std::string variant, std::vector<std::vector<Shape>> shapes,
           std::function<Tensor(const Tensor&)> f) {
  return {.op = std::move(op),
          .variant = std::move(variant),
          .f = [f = std::move(f)](In x) { return f(x[0]); },
          .inputs = {normal()},
          .shapes = std::move(shapes),
          .dtypes = kEveryDType};
}
OpCase many(std::string op, std::string variant, std::vector<std::vector<Shape>> shapes,
            std::function<Tensor(In)> f) {
  return {.op = std::move(op),
          .variant = std::move(variant),
          .f = std::move(f),
          .inputs = {normal(), normal(), normal()},
          .shapes = std::move(shapes),
          .dtypes = kEveryDType};
}
OpCase cast(DType to) {
  OpCase row = one("to", std::string(name(to)), unary_shapes(), [to](const Tensor& x) { return x.to(to); });
  if (to == DType::f64) return row;
  row.inputs = {constant({.values = integers(0, 2).values})};  // values that every dtype has
  row.dtypes = kEveryDType;
  if (is_floating(to)) {  // gradients of rounding conversions: tests/ops/test_inplace_and_cast.cpp
    row.f = [to](In x) { return x[0].detach().to(to); };
    row.gradient = Gradient::none;
    row.why_not = "not differentiable by finite differences because rounding makes a staircase of it";
  } else {
    row.gradient = Gradient::none;
    row.why_not = "not differentiable because the result is not floating";
  }
  return row;
}

}  // namespace

std::vector<OpCase> shape_cases() {
  std::vector<OpCase> rows = {
      one("reshape", "merge", {{{3, 4}}, {{2, 6}}, {{0, 3}}},
          [](const Tensor& x) { return reshape(x, {x.numel()}); }),
      one("reshape", "inferred", {{{3, 4}}, {{2, 2, 3}}},
          [](const Tensor& x) {
            return reshape(x, {2, -1, 3});
          }),
      one("transpose", "", kMatrix, [](const Tensor& x) { return transpose(x); }),
      one("transpose", "outer", kImage, [](const Tensor& x) { return transpose(x, 0, 2); }),
      one("permute", "", kImage,
          [](const Tensor& x) {
            return permute(x, {2, 0, -1, 1});
          }),
      one("squeeze", "all", {{{1, 3, 1, 2}}, {{}}, {{1}}, {{1, 0}}},
          [](const Tensor& x) { return squeeze(x); }),
      one("squeeze", "axis", {{{3, 1, 2}}, {{1, 1}}, {{0, 1, 2}}},
          [](const Tensor& x) { return squeeze(x, 1); }),
      one("unsqueeze", "", unary_shapes(), [](const Tensor& x) { return unsqueeze(x, -1); }),
      one("expand", "", {{{3, 1}}, {{1, 1}}, {{1}}, {{}}},
          [](const Tensor& x) {
            return expand(x, {2, 3, 4});
          }),
      one("flatten", "", unary_shapes(), [](const Tensor& x) { return flatten(x); }),
      one("flatten", "inner", kImage, [](const Tensor& x) { return flatten(x, 1, -2); }),
      many("concat", "first", {{{2, 3}, {1, 3}, {0, 3}}, {{1}, {2}, {3}}}, [](In x) { return concat(x); }),
      many("concat", "last", {{{2, 3}, {2, 1}, {2, 4}}, {{2, 2, 1}, {2, 2, 2}, {2, 2, 0}}},
           [](In x) { return concat(x, -1); }),
      many("stack", "first", {{{2, 3}, {2, 3}, {2, 3}}, {{}, {}, {}}, {{0}, {0}, {0}}},
           [](In x) { return stack(x); }),
      many("stack", "last", {{{2, 3}, {2, 3}, {2, 3}}, {{1}, {1}, {1}}}, [](In x) { return stack(x, -1); }),
      one("slice", "range", kMatrix, [](const Tensor& x) { return slice(x, 1, 1, -1); }),
      one("slice", "step", kMatrix, [](const Tensor& x) { return slice(x, 1, 0, std::nullopt, 2); }),
      one("slice", "reversed", kMatrix, [](const Tensor& x) { return slice(x, 1, -1, std::nullopt, -2); }),
      one("slice", "empty", kMatrix, [](const Tensor& x) { return slice(x, 1, 3, 1); }),
      one("select", "", kMatrix, [](const Tensor& x) { return select(x, 1, -2); }),
      one("to_channels_last", "", kImage, [](const Tensor& x) { return to_channels_last(x); }),
      one("contiguous", "", kImage, [](const Tensor& x) { return x.contiguous(); }),
      one("clone", "", kImage, [](const Tensor& x) { return x.clone(); }),
  };
  for (DType to : kEveryDType) rows.push_back(cast(to));
  for (OpCase& row : rows) {
    if (row.op == "concat" || row.op == "stack") row.bench = std::vector<Shape>(3, {256, 1024});
    if (row.op == "to_channels_last" || row.op == "clone") row.bench = {{64, 32, 28, 28}};
  }
  return rows;
}

}  // namespace infograd::testing
