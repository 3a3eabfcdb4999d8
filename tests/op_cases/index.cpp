// Rows of index.h.
#include <infograd/ops/index.h>

#include "tests/op_cases.h"

namespace infograd::testing {

namespace {
using In = const std::vector<Tensor>&;
}  // namespace

std::vector<OpCase> index_cases() {
  return {
      {.op = "gather",
       .f = [](In x) { return gather(x[0], 1, x[1]); },
       .inputs = {normal(), integers(-4, 4)},
       .shapes =
           {{{3, 4}, {3, 2}}, {{3, 4}, {2, 6}}, {{1, 4}, {1, 1}}, {{2, 4, 2}, {2, 3, 1}}, {{2, 4}, {2, 0}}},
       .dtypes = kEveryDType,
       .bench = {{1024, 1024}, {1024, 1024}}},
      {.op = "index_select",
       .variant = "rows",
       .f = [](In x) { return index_select(x[0], 0, x[1]); },
       .inputs = {normal(), integers(-3, 3)},
       .shapes = {{{3, 4}, {5}}, {{3}, {1}}, {{3, 2, 2}, {0}}},
       .dtypes = kEveryDType,
       .bench = {{1024, 1024}, {4096}}},
      {.op = "index_select",
       .variant = "columns",
       .f = [](In x) { return index_select(x[0], -1, x[1]); },
       .inputs = {normal(), integers(-3, 3)},
       .shapes = {{{4, 3}, {5}}, {{2, 2, 3}, {2}}, {{0, 3}, {2}}}},
      {.op = "one_hot",
       .f = [](In x) { return one_hot(x[0], 4); },
       .inputs = {integers(-4, 4)},
       .shapes = {{{3, 2}}, {{}}, {{0}}},
       .dtypes = {DType::f32},
       .gradient = Gradient::none,
       .why_not = "not differentiable because the input is an index",
       .bench = {{1024}}},
      {.op = "one_hot",
       .variant = "off_rows",
       .f = [](In x) { return one_hot(x[0], 4, DType::b8, OutOfRange::zero); },
       .inputs = {integers(-9, 9)},
       .shapes = {{{5, 4}}},
       .dtypes = {DType::f32},
       .gradient = Gradient::none,
       .why_not = "not differentiable because the input is an index"},
      {.op = "topk",
       .variant = "largest",
       .f = [](In x) { return topk(x[0], 2).values; },
       .inputs = {distinct()},
       .shapes = {{{3, 4}}, {{2}}, {{0, 3}}, {{2, 2, 5}}},
       .dtypes = kNumbers,
       .layouts = kWithoutRepeats,
       .bench = {{1024, 1024}}},
      {.op = "topk",
       .variant = "smallest_first_axis",
       .f = [](In x) { return topk(x[0], 3, 0, false).values; },
       .inputs = {distinct()},
       .shapes = {{{4, 3}}, {{3}}, {{3, 0}}},
       .layouts = kWithoutRepeats},
      {.op = "topk",
       .variant = "indices",
       .f = [](In x) { return topk(x[0], 2).indices; },
       .inputs = {constant({.values = integers(0, 3).values})},  // many ties: the lower index comes first
       .shapes = {{{6, 7}}},
       .dtypes = kNumbers,
       .gradient = Gradient::none,
       .why_not = "not differentiable because the result is an index"},
  };
}

}  // namespace infograd::testing
