// Rows of reduce.h.
#include <infograd/ops/reduce.h>

#include "tests/op_cases.h"

namespace infograd::testing {

namespace {

using In = const std::vector<Tensor>&;
using Reduce = std::function<Tensor(const Tensor&, const Axes&, bool)>;

const std::vector<std::vector<Shape>> kRank3 = {{{2, 3, 4}}, {{1, 1, 1}}, {{2, 0, 3}}, {{2, 3, 1}}};

// Over all axes, the last axis, and two axes that are kept.
std::vector<OpCase> over_axes(const std::string& op, const std::string& variant, const Input& input,
                              const Reduce& f, const std::vector<Layout>& layouts = OpCase().layouts) {
  const std::string prefix = variant.empty() ? "" : variant + "_";
  return {
      {.op = op,
       .variant = prefix + "all",
       .f = [f](In x) { return f(x[0], {}, false); },
       .inputs = {input},
       .shapes = unary_shapes(),
       .layouts = layouts,
       .bench = {{1024, 1024}}},
      {.op = op,
       .variant = prefix + "last",
       .f = [f](In x) { return f(x[0], {-1}, false); },
       .inputs = {input},
       .shapes = kRank3,
       .layouts = layouts,
       .bench = {{1024, 1024}}},
      {.op = op,
       .variant = prefix + "outer_kept",
       .f =
           [f](In x) {
             return f(x[0], {2, -3}, true);
           },
       .inputs = {input},
       .shapes = kRank3,
       .layouts = layouts,
       .bench = {{64, 256, 64}}},
  };
}

void append(std::vector<OpCase>& rows, std::vector<OpCase> more, const std::vector<DType>& dtypes = kFloats,
            double tolerance = 1) {
  for (OpCase& row : more) {
    row.dtypes = dtypes;
    row.tolerance = tolerance;
    rows.push_back(std::move(row));
  }
}

// Every third element is 0.
Input with_zeros() {
  return {.values = [](int64_t n, Generator& generator) {
    std::vector<double> values = normal().values(n, generator);
    for (size_t i = 0; i < values.size(); i += 3) values[i] = 0;
    return values;
  }};
}

void append_axis_cases(std::vector<OpCase>& rows) {
  append(rows, over_axes("sum", "", normal(), [](auto& x, auto& a, bool k) { return sum(x, a, k); }),
         kNumbers);
  append(rows, over_axes("mean", "", normal(), [](auto& x, auto& a, bool k) { return mean(x, a, k); }));
  append(rows, over_axes("prod", "", away_from({0}), [](auto& x, auto& a, bool k) { return prod(x, a, k); }),
         kFloats, 4);
  append(rows,
         over_axes("prod", "zeros", with_zeros(), [](auto& x, auto& a, bool k) { return prod(x, a, k); }),
         kFloats, 4);
  append(rows,
         over_axes(
             "max", "", distinct(), [](auto& x, auto& a, bool k) { return max(x, a, k); }, kWithoutRepeats),
         kNumbers);
  append(rows,
         over_axes(
             "min", "", distinct(), [](auto& x, auto& a, bool k) { return min(x, a, k); }, kWithoutRepeats),
         kNumbers);
  append(rows,
         over_axes("logsumexp", "", normal(), [](auto& x, auto& a, bool k) { return logsumexp(x, a, k); }));
  append(rows, over_axes("norm", "2", positive(), [](auto& x, auto& a, bool k) { return norm(x, 2, a, k); }));
  append(rows,
         over_axes("norm", "1", away_from({0}), [](auto& x, auto& a, bool k) { return norm(x, 1, a, k); }));
  append(rows,
         over_axes("var", "population", normal(), [](auto& x, auto& a, bool k) { return var(x, a, 0, k); }));
  append(rows, over_axes("any", "", mask(), [](auto& x, auto& a, bool k) { return any(x, a, k); }),
         {DType::b8});
  append(rows, over_axes("all", "", mask(), [](auto& x, auto& a, bool k) { return all(x, a, k); }),
         {DType::b8});
  for (OpCase& row : rows)
    if (row.op == "any" || row.op == "all") {
      row.gradient = Gradient::none;
      row.why_not = "not differentiable because input and result are b8";
    }
}

}  // namespace

std::vector<OpCase> reduce_cases() {
  std::vector<OpCase> rows;
  append_axis_cases(rows);
  const char* const an_index = "not differentiable because the result is an index";
  const std::vector<std::vector<Shape>> several = {
      {{3, 4}}, {{2, 3, 2}}, {{5}}};  // unbiased: at least two elements
  const std::vector<std::vector<Shape>> one_axis = {{{3, 4}}, {{1, 1}}, {{2, 3, 4}}};
  const std::vector<OpCase> more = {
      {.op = "var",
       .variant = "unbiased",
       .f = [](In x) { return var(x[0]); },
       .inputs = {normal()},
       .shapes = several},
      {.op = "std",
       .variant = "unbiased",
       .f = [](In x) { return std(x[0]); },
       .inputs = {distinct()},
       .shapes = several},
      {.op = "std",
       .variant = "axis",
       .f = [](In x) { return std(x[0], {-1}, 0, true); },
       .inputs = {distinct()},
       .shapes = {{{3, 4}}, {{2, 3, 2}}},
       .bench = {{1024, 1024}}},
      {.op = "argmax",
       .f = [](In x) { return argmax(x[0]); },
       .inputs = {distinct()},
       .shapes = one_axis,
       .dtypes = kNumbers,
       .gradient = Gradient::none,
       .why_not = an_index,
       .bench = {{1024, 1024}}},
      {.op = "argmin",
       .f = [](In x) { return argmin(x[0], 0, true); },
       .inputs = {distinct()},
       .shapes = one_axis,
       .dtypes = kNumbers,
       .gradient = Gradient::none,
       .why_not = an_index,
       .bench = {{1024, 1024}}},
      {.op = "max_along",
       .f = [](In x) { return max_along(x[0], -1).values; },
       .inputs = {distinct()},
       .shapes = one_axis,
       .layouts = kWithoutRepeats,
       .bench = {{1024, 1024}}},
      {.op = "min_along",
       .f = [](In x) { return min_along(x[0], 0, true).values; },
       .inputs = {distinct()},
       .shapes = one_axis,
       .layouts = kWithoutRepeats,
       .bench = {{1024, 1024}}},
      {.op = "cumsum",
       .f = [](In x) { return cumsum(x[0], -1); },
       .inputs = {normal()},
       .shapes = kRank3,
       .dtypes = kNumbers,
       .bench = {{1024, 1024}}},
      {.op = "cumsum",
       .variant = "exclusive",
       .f = [](In x) { return cumsum(x[0], 0, {.exclusive = true}); },
       .inputs = {normal()},
       .shapes = kRank3},
      {.op = "cumsum",
       .variant = "reverse",
       .f = [](In x) { return cumsum(x[0], 1, {.reverse = true}); },
       .inputs = {normal()},
       .shapes = kRank3},
      {.op = "cumsum",
       .variant = "exclusive_reverse",
       .f = [](In x) { return cumsum(x[0], 1, {.exclusive = true, .reverse = true}); },
       .inputs = {normal()},
       .shapes = kRank3},
      {.op = "sum_to",
       .f = [](In x) { return sum_to(x[0], {4}); },
       .inputs = {normal()},
       .shapes = {{{3, 4}}, {{4}}, {{2, 3, 4}}, {{0, 4}}},
       .dtypes = kNumbers,
       .bench = {{256, 4096, 4}}},
      {.op = "sum_to",
       .variant = "kept",
       .f =
           [](In x) {
             return sum_to(x[0], {3, 1});
           },
       .inputs = {normal()},
       .shapes = {{{3, 4}}, {{2, 3, 4}}, {{3, 0}}}},
      {.op = "sum_to",
       .variant = "scalar",
       .f = [](In x) { return sum_to(x[0], {}); },
       .inputs = {normal()},
       .shapes = unary_shapes()},
  };
  rows.insert(rows.end(), more.begin(), more.end());
  return rows;
}

}  // namespace infograd::testing
