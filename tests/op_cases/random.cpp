// Rows of random_ops.h: one seed must give the same numbers on every backend.
#include <infograd/ops/random_ops.h>

#include "tests/op_cases.h"

namespace infograd::testing {

namespace {

OpCase drawn(std::string op, std::string variant, std::function<Tensor(Generator&)> f) {
  return {.op = std::move(op),
          .variant = std::move(variant),
          .f =
              [f = std::move(f)](const std::vector<Tensor>&) {
                Generator generator(20);
                f(generator);  // the second draw starts in the middle of the sequence
                return f(generator);
              },
          .dtypes = {DType::f32},
          .gradient = Gradient::none,
          .why_not = "not differentiable because it has no tensor input"};
}

}  // namespace

std::vector<OpCase> random_cases() {
  return {
      drawn("rand_uniform", "",
            [](Generator& g) {
              return rand_uniform({7, 9}, -1, 3, DType::f32, g);
            }),
      drawn("rand_uniform", "f64", [](Generator& g) { return rand_uniform({5}, 0, 1, DType::f64, g); }),
      drawn("rand_uniform", "empty",
            [](Generator& g) {
              return rand_uniform({0, 3}, 0, 1, DType::f32, g);
            }),
      drawn("rand_normal", "",
            [](Generator& g) {
              return rand_normal({7, 9}, 1, 2, DType::f32, g);
            }),
      drawn("rand_normal", "f64", [](Generator& g) { return rand_normal({33}, 0, 1, DType::f64, g); }),
      drawn("rand_normal", "bf16", [](Generator& g) { return rand_normal({33}, 0, 1, DType::bf16, g); }),
      drawn("rand_bernoulli", "", [](Generator& g) { return rand_bernoulli({101}, 0.3, DType::f32, g); }),
      drawn("rand_bernoulli", "mask", [](Generator& g) { return rand_bernoulli({101}, 0.3, DType::b8, g); }),
      drawn("rand_integers", "", [](Generator& g) { return rand_integers({50}, -5, 17, g); }),
      drawn("rand_permutation", "", [](Generator& g) { return rand_permutation(20, g); }),
  };
}

}  // namespace infograd::testing
