// Rows of inplace.h: each writes into a clone, with grad mode off.
#include <infograd/autograd/grad_mode.h>
#include <infograd/ops/inplace.h>

#include "tests/op_cases.h"

namespace infograd::testing {

namespace {

using In = const std::vector<Tensor>&;

OpCase written(std::string op, std::string variant, std::vector<DType> dtypes,
               const std::vector<std::vector<Shape>>& shapes, std::function<void(Tensor&, In)> write) {
  return {.op = std::move(op),
          .variant = std::move(variant),
          .f =
              [write = std::move(write)](In x) {
                const NoGrad update;
                Tensor target = x[0].clone();
                write(target, x);
                return target;
              },
          .inputs = std::vector<Input>(shapes[0].size(), normal()),
          .shapes = shapes,
          .dtypes = std::move(dtypes),
          .gradient = Gradient::none,
          .why_not = "not differentiable because it overwrites its input",
          .bench = std::vector<Shape>(shapes[0].size(), {1024, 1024})};  // timed with the clone
}

}  // namespace

std::vector<OpCase> inplace_cases() {
  const std::vector<std::vector<Shape>> two = {
      {{3, 4}, {3, 4}}, {{3, 4}, {4}}, {{2, 3}, {}}, {{}, {}}, {{0, 3}, {3}}};
  return {
      written("add_", "", kFloats, two, [](Tensor& t, In x) { add_(t, x[1], 0.5); }),
      written("add_", "integer", {DType::i64}, two, [](Tensor& t, In x) { add_(t, x[1], 3); }),
      written("add_", "scalar", kNumbers, unary_shapes(), [](Tensor& t, In) { add_(t, 2); }),
      written("sub_", "", kNumbers, two, [](Tensor& t, In x) { sub_(t, x[1]); }),
      written("mul_", "", kNumbers, two, [](Tensor& t, In x) { mul_(t, x[1]); }),
      written("mul_", "scalar", kNumbers, unary_shapes(), [](Tensor& t, In) { mul_(t, -3); }),
      written("clamp_", "", kNumbers, unary_shapes(), [](Tensor& t, In) { clamp_(t, -1, 1); }),
      written("fill_", "", kEveryDType, unary_shapes(), [](Tensor& t, In) { fill_(t, 1); }),
      written("zero_", "", kEveryDType, unary_shapes(), [](Tensor& t, In) { zero_(t); }),
      written("copy_", "", kEveryDType, two, [](Tensor& t, In x) { copy_(t, x[1]); }),
      written("copy_", "converting", kFloats, two, [](Tensor& t, In x) { copy_(t, x[1].to(DType::i64)); }),
  };
}

}  // namespace infograd::testing
