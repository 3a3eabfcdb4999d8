// Rows of histogram.h.
#include <infograd/ops/elementwise.h>
#include <infograd/ops/histogram.h>
#include <infograd/ops/shape_ops.h>
#include <infograd/ops/softmax.h>

#include "tests/op_cases.h"

namespace infograd::testing {

namespace {

using In = const std::vector<Tensor>&;

/// p, q and P side by side. Values of all kinds: below lo, between, above hi.
OpCase histogram_with(FuzzyHistogramOptions options, std::string variant) {
  return {.op = "fuzzy_joint_histogram",
          .variant = std::move(variant),
          .f =
              [options](In x) {
                FuzzyHistogramOptions all = options;
                if (x.size() > 2) all.mask = x[2];
                const FuzzyHistogram h = fuzzy_joint_histogram(x[0], x[1], all);
                return concat({flatten(h.joint, 1), h.p, h.q}, 1);
              },
          .inputs = {uniform(-0.2, 1.2), uniform(-0.2, 1.2)},
          .shapes = {{{3, 4}, {3, 4}}, {{1}, {1}}, {{37}, {37}}, {{2, 3, 2, 2}, {2, 3, 2, 2}}},
          .dtypes = {DType::f32, DType::f64},
          .gradient = Gradient::once,
          .why_not = "not differentiable twice because its gradient kernel has no gradient"};
}

}  // namespace

std::vector<OpCase> histogram_cases() {
  std::vector<OpCase> rows = {
      histogram_with({}, ""),
      histogram_with({.membership = Membership::triangular_cell, .lo = -0.1, .hi = 0.9}, "triangular_cell"),
      histogram_with({.bins = 5, .membership = Membership::gaussian, .sigma_bins = 0.3}, "gaussian"),
      histogram_with({.bins = 6, .membership = Membership::cubic_bspline, .bspline_pad = 2}, "cubic_bspline"),
      histogram_with({.bins = 4, .membership = Membership::crisp}, "crisp"),
      histogram_with({.bins = 7, .membership = Membership::cubic_bspline, .crisp_y = true}, "crisp_y"),
      histogram_with({.bins = 2, .tnorm = TNorm::minimum}, "minimum"),
      histogram_with({.membership = Membership::gaussian, .tnorm = TNorm::minimum}, "minimum_gaussian"),
      histogram_with({.pooling = Pooling::per_sample}, "per_sample"),
      histogram_with({.pooling = Pooling::batch}, "batch"),
      histogram_with({}, "mask"),
      {.op = "entropy",
       .f = [](In x) { return entropy(softmax(x[0], -1)); },
       .inputs = {normal()},
       .shapes = {{{3, 4}}, {{5}}, {{0, 3}}, {{2, 3, 4}}},
       .dtypes = {DType::f32, DType::f64}},
  };
  rows[0].bench = {{4, 1, 512, 512}, {4, 1, 512, 512}};
  OpCase& masked = rows[10];
  masked.inputs.push_back(constant(uniform(0, 2)));
  for (std::vector<Shape>& shapes : masked.shapes) shapes.push_back(shapes[0]);
  masked.shapes.back()[2] = {2, 1, 2, 2};
  return rows;
}

}  // namespace infograd::testing
