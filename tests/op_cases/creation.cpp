// Rows of creation.h: no input, so only the values of the backends are compared.
#include <infograd/ops/creation.h>

#include "tests/op_cases.h"

namespace infograd::testing {

namespace {

using In = const std::vector<Tensor>&;

OpCase made(std::string op, std::string variant, std::function<Tensor()> f) {
  return {.op = std::move(op),
          .variant = std::move(variant),
          .f = [f = std::move(f)](In) { return f(); },
          .dtypes = {DType::f32},
          .gradient = Gradient::none,
          .why_not = "not differentiable because it has no tensor input"};
}
OpCase like(std::string op, std::function<Tensor(const Tensor&)> f) {
  return {.op = std::move(op),
          .f = [f = std::move(f)](In x) { return f(x[0]); },
          .inputs = {normal()},
          .shapes = unary_shapes(),
          .dtypes = kEveryDType,
          .gradient = Gradient::none,
          .why_not = "not differentiable because only shape, dtype and device of the input matter",
          .bench = {{1024, 1024}}};
}

}  // namespace

std::vector<OpCase> creation_cases() {
  return {
      made("zeros", "",
           [] {
             return zeros({2, 3});
           }),
      made("zeros", "i64_scalar", [] { return zeros({}, DType::i64); }),
      made("ones", "",
           [] {
             return ones({2, 0});
           }),
      made("ones", "b8", [] { return ones({5}, DType::b8); }),
      made("full", "",
           [] {
             return full({4, 5}, -2.5, DType::bf16);
           }),
      made("scalar", "", [] { return scalar(3.5, DType::f64); }),
      made("arange", "", [] { return arange(7); }),
      made("arange", "down", [] { return arange(1, -1, -0.25, DType::f64); }),
      made("linspace", "", [] { return linspace(-1, 1, 9); }),
      made("eye", "", [] { return eye(4); }),
      made("eye", "empty", [] { return eye(0, DType::b8); }),
      made("from_data", "",
           [] {
             return from_data(std::vector<int64_t>{1, 2, 3, 4}, {2, 2});
           }),
      made("from_data", "b8",
           [] {
             return from_data(std::vector<bool>{true, false, true}, {3});
           }),
      made("tensor", "",
           [] {
             return tensor({1, 2.5, -3});
           }),
      made("tensor", "rows",
           [] {
             return tensor({{1, 2}, {3, 4}}, DType::i64);
           }),
      like("zeros_like", [](const Tensor& x) { return zeros_like(x); }),
      like("ones_like", [](const Tensor& x) { return ones_like(x); }),
      like("full_like", [](const Tensor& x) { return full_like(x, 1); }),
      like("empty_like", [](const Tensor& x) { return zeros(empty_like(x).shape(), empty_like(x).dtype()); }),
  };
}

}  // namespace infograd::testing
