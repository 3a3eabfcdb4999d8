// Rows of matmul.h.
#include <infograd/ops/matmul.h>

#include "tests/op_cases.h"

namespace infograd::testing {

namespace {

using In = const std::vector<Tensor>&;

OpCase linear_with(Activation activation, std::string variant) {
  return {.op = "linear",
          .variant = std::move(variant),
          .f = [activation](In x) { return linear(x[0], x[1], x[2], activation); },
          .inputs = {normal(), normal(), normal()},
          .shapes = {{{3, 4}, {2, 4}, {2}},
                     {{4}, {2, 4}, {2}},
                     {{2, 3, 4}, {5, 4}, {5}},
                     {{0, 4}, {2, 4}, {2}},
                     {{3, 0}, {2, 0}, {2}},
                     {{1, 1}, {1, 1}, {1}}},
          .bench = {{256, 784}, {1024, 784}, {1024}}};
}

}  // namespace

std::vector<OpCase> product_cases() {
  return {{.op = "matmul",
           .f = [](In x) { return matmul(x[0], x[1]); },
           .inputs = {normal(), normal()},
           .shapes = {{{3, 4}, {4, 2}},
                      {{4}, {4}},
                      {{4}, {4, 2}},
                      {{3, 4}, {4}},
                      {{2, 3, 4}, {4, 2}},
                      {{3, 4}, {2, 4, 5}},
                      {{2, 1, 3, 4}, {5, 4, 2}},
                      {{3, 0}, {0, 2}},
                      {{0, 3}, {3, 2}},
                      {{2, 0, 3}, {3, 2}},
                      {{1, 1}, {1, 1}}},
           .bench = {{1024, 1024}, {1024, 1024}}},
          {.op = "matmul",
           .variant = "batched",
           .f = [](In x) { return matmul(x[0], x[1]); },
           .inputs = {normal(), normal()},
           .shapes = {{{2, 3, 4}, {2, 4, 5}}},
           .bench = {{32, 128, 64}, {32, 64, 128}}},
          linear_with(Activation::none, ""),
          linear_with(Activation::relu, "relu"),
          linear_with(Activation::gelu, "gelu"),
          linear_with(Activation::tanh, "tanh"),
          linear_with(Activation::sigmoid, "sigmoid"),
          {.op = "linear",
           .variant = "no_bias",
           .f = [](In x) { return linear(x[0], x[1]); },
           .inputs = {normal(), normal()},
           .shapes = {{{3, 4}, {2, 4}}}}};
}

}  // namespace infograd::testing
