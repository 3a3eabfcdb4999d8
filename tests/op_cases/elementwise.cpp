// Rows of elementwise.h.
#include <infograd/ops/elementwise.h>

#include "tests/op_cases.h"

namespace infograd::testing {

namespace {

using In = const std::vector<Tensor>&;
const char* const kComparison = "not differentiable because the result is b8";
const char* const kLogic = "not differentiable because inputs and result are b8";

OpCase unary(std::string op, Tensor (*f)(const Tensor&), Input input = normal()) {
  return {.op = std::move(op),
          .f = [f](In x) { return f(x[0]); },
          .inputs = {std::move(input)},
          .shapes = unary_shapes(),
          .bench = {{1024, 1024}}};
}
OpCase binary(std::string op, Tensor (*f)(const Tensor&, const Tensor&), Input a = normal(),
              Input b = normal()) {
  return {.op = std::move(op),
          .f = [f](In x) { return f(x[0], x[1]); },
          .inputs = {std::move(a), std::move(b)},
          .shapes = binary_shapes(),
          .bench = {{1024, 1024}, {1024, 1024}}};
}
OpCase variant(OpCase row, std::string name) {
  row.variant = std::move(name);
  row.bench = {};
  return row;
}
OpCase with_dtypes(OpCase row, std::vector<DType> dtypes) {
  row.dtypes = std::move(dtypes);
  return row;
}
OpCase not_differentiable(OpCase row, std::string why) {
  row.gradient = Gradient::none;
  row.why_not = std::move(why);
  return row;
}

// Small integers, so that equality is as likely as not in every dtype.
Input few() {
  return constant({.values = integers(0, 3).values});
}
OpCase comparison(std::string op, Tensor (*f)(const Tensor&, const Tensor&)) {
  return not_differentiable(with_dtypes(binary(std::move(op), f, few(), few()), kEveryDType), kComparison);
}
OpCase comparison_with_scalar(std::string op, Tensor (*f)(const Tensor&, double)) {
  return {.op = std::move(op),
          .variant = "scalar",
          .f = [f](In x) { return f(x[0], 1); },
          .inputs = {few()},
          .shapes = unary_shapes(),
          .dtypes = kEveryDType,
          .gradient = Gradient::none,
          .why_not = kComparison};
}
OpCase logic(std::string op, Tensor (*f)(const Tensor&, const Tensor&)) {
  return not_differentiable(with_dtypes(binary(std::move(op), f, mask(), mask()), {DType::b8}), kLogic);
}

std::vector<OpCase> unary_cases() {
  std::vector<OpCase> rows = {
      with_dtypes(unary("neg", neg), kNumbers),
      unary("abs", abs, away_from({0})),
      unary("sign", sign, away_from({0})),
      unary("sqrt", sqrt, positive()),
      unary("rsqrt", rsqrt, positive()),
      unary("exp", exp),
      unary("expm1", expm1),
      unary("log", log, positive()),
      unary("log1p", log1p, uniform(-0.5, 2)),
      unary("sin", sin),
      unary("cos", cos),
      unary("tanh", tanh),
      unary("sigmoid", sigmoid),
      unary("softplus", softplus),
      unary("relu", relu, away_from({0})),
      unary("silu", silu),
      unary("erf", erf),
      unary("floor", floor, away_from({-3, -2, -1, 0, 1, 2, 3})),
      unary("ceil", ceil, away_from({-3, -2, -1, 0, 1, 2, 3})),
      unary("round", round, away_from({-3.5, -2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 3.5})),
      unary("square", square),
      unary("reciprocal", reciprocal, positive()),
      variant(unary("reciprocal", reciprocal, uniform(-2, -0.5)), "negative"),
      unary("lgamma", lgamma, uniform(0.3, 5)),
      variant(unary("lgamma", lgamma, uniform(-1.8, -1.2)), "negative"),
  };
  OpCase once = unary("digamma", digamma, uniform(0.3, 5));
  once.gradient = Gradient::once;
  once.why_not = "not differentiable twice because polygamma of order 2 is not implemented";
  rows.push_back(once);
  rows.push_back(not_differentiable(unary("trigamma", trigamma, uniform(0.3, 5)),
                                    "not differentiable because polygamma of order 2 is not implemented"));
  rows.push_back(
      not_differentiable(with_dtypes(unary("logical_not", logical_not, mask()), {DType::b8}), kLogic));
  rows.push_back(not_differentiable(unary("isfinite", isfinite), kComparison));
  return rows;
}

OpCase with_parameter(std::string op, std::string name, Input input, std::function<Tensor(const Tensor&)> f) {
  return {.op = std::move(op),
          .variant = std::move(name),
          .f = [f = std::move(f)](In x) { return f(x[0]); },
          .inputs = {std::move(input)},
          .shapes = unary_shapes(),
          .bench = {{1024, 1024}}};
}

std::vector<OpCase> parameter_cases() {
  const auto T = [](auto f) { return std::function<Tensor(const Tensor&)>(f); };
  return {
      with_parameter("leaky_relu", "", away_from({0}), T([](const Tensor& x) { return leaky_relu(x, 0.1); })),
      with_parameter("elu", "", away_from({0}), T([](const Tensor& x) { return elu(x, 0.7); })),
      with_parameter("gelu", "exact", normal(), T([](const Tensor& x) { return gelu(x); })),
      with_parameter("gelu", "tanh", normal(), T([](const Tensor& x) { return gelu(x, GeluForm::tanh); })),
      with_parameter("clamp", "", away_from({-0.5, 1}), T([](const Tensor& x) { return clamp(x, -0.5, 1); })),
      with_parameter("clamp", "crossed", normal(), T([](const Tensor& x) { return clamp(x, 1, -0.5); })),
      with_parameter("pow", "square", normal(), T([](const Tensor& x) { return pow(x, 2); })),
      with_parameter("pow", "fraction", positive(), T([](const Tensor& x) { return pow(x, -1.5); })),
      with_parameter("pow", "zero", normal(), T([](const Tensor& x) { return pow(x, 0); })),
      with_parameter("pow", "one", normal(), T([](const Tensor& x) { return pow(x, 1); })),
      with_parameter("affine", "", normal(), T([](const Tensor& x) { return affine(x, -1.5, 0.25); })),
      with_dtypes(
          with_parameter("affine", "integer", integers(-9, 9), T([](const Tensor& x) { return 3 * x + 2; })),
          {DType::i64}),
  };
}

}  // namespace

std::vector<OpCase> elementwise_cases() {
  std::vector<OpCase> rows = unary_cases();
  for (OpCase& row : parameter_cases()) {
    if (row.dtypes == std::vector<DType>{DType::i64})
      row = not_differentiable(row, "not differentiable because the input is i64");
    rows.push_back(row);
  }
  const std::vector<OpCase> more = {
      with_dtypes(binary("add", add), kNumbers),
      with_dtypes(binary("sub", sub), kNumbers),
      with_dtypes(binary("mul", mul), kNumbers),
      binary("div", div, normal(), positive()),
      variant(binary("pow", pow, positive(), normal()), "tensor"),
      binary("maximum", maximum),
      binary("minimum", minimum),
      comparison("eq", eq),
      comparison("ne", ne),
      comparison("lt", lt),
      comparison("le", le),
      comparison("gt", gt),
      comparison("ge", ge),
      comparison_with_scalar("eq", eq),
      comparison_with_scalar("ne", ne),
      comparison_with_scalar("lt", lt),
      comparison_with_scalar("le", le),
      comparison_with_scalar("gt", gt),
      comparison_with_scalar("ge", ge),
      logic("logical_and", logical_and),
      logic("logical_or", logical_or),
      logic("logical_xor", logical_xor),
      {.op = "where",
       .f = [](In x) { return where(x[0], x[1], x[2]); },
       .inputs = {mask(), normal(), normal()},
       .shapes = {{{3, 4}, {3, 4}, {3, 4}},
                  {{3, 1}, {4}, {3, 4}},
                  {{2, 2}, {}, {}},
                  {{0, 2}, {2}, {1, 2}},
                  {{}, {}, {}}},
       .bench = {{1024, 1024}, {1024, 1024}, {1024, 1024}}},
      {.op = "where",
       .variant = "scalar",
       .f = [](In x) { return where(x[0], x[1], 2.5); },
       .inputs = {mask(), normal()},
       .shapes = binary_shapes()},
      {.op = "masked_fill",
       .f = [](In x) { return masked_fill(x[0], x[1], -7); },
       .inputs = {normal(), mask()},
       .shapes = binary_shapes(),
       .bench = {{1024, 1024}, {1024, 1024}}},
  };
  rows.insert(rows.end(), more.begin(), more.end());
  return rows;
}

}  // namespace infograd::testing
