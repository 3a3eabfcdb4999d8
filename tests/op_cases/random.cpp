// Rows of random_ops.h: one seed must give the same numbers on every backend.
#include <infograd/ops/random_ops.h>

#include "tests/op_cases.h"

namespace infograd::testing {

namespace {

// The argument of a row only says how many numbers are drawn.
OpCase drawn(std::string op, std::string variant, Shape shape,
             std::function<Tensor(const Shape&, Generator&)> f) {
  return {.op = std::move(op),
          .variant = std::move(variant),
          .f =
              [f = std::move(f)](const std::vector<Tensor>& like) {
                Generator generator(20);
                f({3}, generator);  // the second draw starts in the middle of the sequence
                return f(like[0].shape(), generator);
              },
          .inputs = {normal()},
          .shapes = {{shape}},
          .dtypes = {DType::f32},
          .layouts = {Layout::contiguous},
          .gradient = Gradient::none,
          .why_not = "not differentiable because it has no tensor input",
          .bench = {{1024, 1024}}};
}

}  // namespace

std::vector<OpCase> random_cases() {
  using G = Generator;
  std::vector<OpCase> rows = {
      drawn("rand_uniform", "", {7, 9},
            [](const Shape& s, G& g) { return rand_uniform(s, -1, 3, DType::f32, g); }),
      drawn("rand_uniform", "f64", {5},
            [](const Shape& s, G& g) { return rand_uniform(s, 0, 1, DType::f64, g); }),
      drawn("rand_uniform", "empty", {0, 3},
            [](const Shape& s, G& g) { return rand_uniform(s, 0, 1, DType::f32, g); }),
      drawn("rand_normal", "", {7, 9},
            [](const Shape& s, G& g) { return rand_normal(s, 1, 2, DType::f32, g); }),
      drawn("rand_normal", "f64", {33},
            [](const Shape& s, G& g) { return rand_normal(s, 0, 1, DType::f64, g); }),
      drawn("rand_normal", "bf16", {33},
            [](const Shape& s, G& g) { return rand_normal(s, 0, 1, DType::bf16, g); }),
      drawn("rand_bernoulli", "", {101},
            [](const Shape& s, G& g) { return rand_bernoulli(s, 0.3, DType::f32, g); }),
      drawn("rand_bernoulli", "mask", {101},
            [](const Shape& s, G& g) { return rand_bernoulli(s, 0.3, DType::b8, g); }),
      drawn("rand_integers", "", {50}, [](const Shape& s, G& g) { return rand_integers(s, -5, 17, g); }),
      drawn("rand_permutation", "", {20},
            [](const Shape& s, G& g) { return rand_permutation(s.numel(), g); }),
  };
  for (OpCase& row : rows)
    if (row.variant == "empty") row.bench = {};
  return rows;
}

}  // namespace infograd::testing
