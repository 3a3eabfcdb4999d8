// Rows of norm.h and softmax.h.
#include <infograd/ops/creation.h>
#include <infograd/ops/norm.h>
#include <infograd/ops/softmax.h>

#include "tests/op_cases.h"

namespace infograd::testing {

namespace {

using In = const std::vector<Tensor>&;

// An eps this large keeps rows that hardly vary away from the steep part of 1 / sqrt(var + eps).
constexpr double kEps = 0.1;

OpCase softmax_along(std::string op, Tensor (*f)(const Tensor&, int), int axis, std::string variant) {
  return {.op = std::move(op),
          .variant = std::move(variant),
          .f = [f, axis](In x) { return f(x[0], x[0].rank() > 1 ? axis : -1); },
          .inputs = {normal()},
          .shapes = unary_shapes(),
          .bench = {{1024, 1024}}};
}

OpCase cross_entropy_with(SoftmaxCrossEntropyOptions options, bool weighted, std::string variant) {
  return {.op = "softmax_cross_entropy",
          .variant = std::move(variant),
          .f =
              [options, weighted](In x) {
                SoftmaxCrossEntropyOptions all = options;
                if (weighted) all.class_weight = x[2];
                return softmax_cross_entropy(x[0], x[1], all);
              },
          .inputs = {normal(), integers(0, 5), constant(positive())},
          .shapes = {{{4, 5}, {4}, {5}}, {{1, 5}, {1}, {5}}, {{0, 5}, {0}, {5}}, {{37, 5}, {37}, {5}}},
          .bench = {{256, 1000}, {256}, {1000}}};
}

OpCase batch_norm_with(BatchNormOptions options, std::string variant) {
  options.eps = kEps;
  return {.op = "batch_norm",
          .variant = std::move(variant),
          .f =
              [options](In x) {
                const Shape channels{x[0].size(1)};
                const Tensor mean = full(channels, 0.3, x[0].dtype(), x[0].device()),
                             var = full(channels, 0.7, x[0].dtype(), x[0].device());
                return batch_norm(x[0], x[1], x[2], mean, var, options);
              },
          .inputs = {normal(), normal(), normal()},
          .shapes = {{{2, 3, 2, 2}, {3}, {3}}, {{4, 3}, {3}, {3}}, {{3, 2, 4}, {2}, {2}}, {{0, 3}, {3}, {3}}},
          .bench = {{256, 32, 28, 28}, {32}, {32}}};
}

}  // namespace

std::vector<OpCase> normalization_cases() {
  return {
      softmax_along("softmax", softmax, -1, ""),
      softmax_along("softmax", softmax, 0, "first_axis"),
      softmax_along("log_softmax", log_softmax, -1, ""),
      softmax_along("log_softmax", log_softmax, 0, "first_axis"),
      cross_entropy_with({}, false, ""),
      cross_entropy_with({.class_weight = {}, .smoothing = 0.2}, false, "smooth"),
      cross_entropy_with({.class_weight = {}, .smoothing = 0.2, .ignore_index = 2}, true, "weighted"),
      {.op = "layer_norm",
       .f = [](In x) { return layer_norm(x[0], 1, x[1], x[2], kEps); },
       .inputs = {normal(), normal(), normal()},
       .shapes = {{{3, 4}, {4}, {4}},
                  {{4}, {4}, {4}},
                  {{2, 3, 5}, {5}, {5}},
                  {{0, 4}, {4}, {4}},
                  {{1, 1}, {1}, {1}}},
       .bench = {{1024, 1024}, {1024}, {1024}}},
      {.op = "layer_norm",
       .variant = "two_axes",
       .f = [](In x) { return layer_norm(x[0], 2, x[1], {}, kEps); },
       .inputs = {normal(), normal()},
       .shapes = {{{2, 3, 4}, {3, 4}}}},
      {.op = "layer_norm",
       .variant = "plain",
       .f = [](In x) { return layer_norm(x[0], 1, {}, {}, kEps); },
       .inputs = {normal()},
       .shapes = {{{3, 4}}, {{0, 3}}, {{37}}}},
      batch_norm_with({}, ""),
      batch_norm_with({.activation = Activation::relu}, "relu"),
      batch_norm_with({.training = false}, "evaluation"),
      batch_norm_with({.training = false, .activation = Activation::relu}, "evaluation_relu"),
      {.op = "batch_norm",
       .variant = "plain",
       .f = [](In x) { return batch_norm(x[0], {}, {}, {}, {}, {.eps = kEps}); },
       .inputs = {normal()},
       .shapes = {{{2, 3, 2, 2}}, {{5, 3}}}},
      {.op = "dropout",
       .f =
           [](In x) {
             Generator generator(3);
             return dropout(x[0], 0.4, true, generator);
           },
       .inputs = {normal()},
       .shapes = unary_shapes(),
       .bench = {{1024, 1024}}},
  };
}

}  // namespace infograd::testing
