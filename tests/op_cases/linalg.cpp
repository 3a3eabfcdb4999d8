// Rows of linalg.h and pairwise.h.
#include <infograd/ops/creation.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/linalg.h>
#include <infograd/ops/matmul.h>
#include <infograd/ops/pairwise.h>
#include <infograd/ops/shape_ops.h>

#include "tests/op_cases.h"

namespace infograd::testing {

namespace {

using In = const std::vector<Tensor>&;

const std::vector<DType> kReal = {DType::f32, DType::f64};
const std::vector<std::vector<Shape>> kSquare = {{{4, 4}}, {{1, 1}}, {{0, 0}}, {{2, 3, 3}}, {{0, 3, 3}}};
const std::vector<std::vector<Shape>> kSystems = {
    {{3, 3}, {3, 2}}, {{1, 1}, {1, 1}}, {{3, 3}, {3, 0}}, {{2, 3, 3}, {2, 3, 2}}, {{2, 1, 3, 3}, {4, 3, 1}}};

Tensor symmetric(const Tensor& x) {
  return x + transpose(x);
}
/// Well conditioned, whatever x.
Tensor shifted(const Tensor& x) {
  return x * 0.3 + eye(x.size(-1), x.dtype(), x.device()) * 2;
}
Tensor positive_definite(const Tensor& x) {
  return matmul(x, transpose(x)) + eye(x.size(-1), x.dtype(), x.device());
}
/// What does not depend on the signs of the vectors: the values on top of V diag(values) V^T.
Tensor spectrum(const linalg::Eigh& e, int64_t n) {
  const int64_t k = e.vectors.size(-1);
  const Tensor kept = unsqueeze(slice(e.values, -1, n - k), -2);
  return concat({unsqueeze(e.values, -2), matmul(e.vectors * kept, transpose(e.vectors))}, -2);
}

OpCase triangular(std::string variant, linalg::Triangular options) {
  return {.op = "solve_triangular",
          .variant = std::move(variant),
          .f = [options](In x) { return linalg::solve_triangular(shifted(x[0]), x[1], options); },
          .inputs = {normal(), normal()},
          .shapes = kSystems,
          .dtypes = kReal};
}

OpCase factorisation(std::string op, std::function<Tensor(In)> f, std::vector<Shape> bench) {
  return {.op = std::move(op),
          .f = std::move(f),
          .inputs = {normal()},
          .shapes = kSquare,
          .dtypes = kReal,
          .tolerance = 4,
          .bench = std::move(bench)};
}

OpCase without_gradient(OpCase row) {
  row.gradient = Gradient::none;
  row.why_not = "not differentiable: no derivative is implemented, backward says so";
  return row;
}

}  // namespace

std::vector<OpCase> linalg_cases() {
  std::vector<OpCase> rows = {
      without_gradient(factorisation(
          "eigh", [](In x) { return spectrum(linalg::eigh(symmetric(x[0])), x[0].size(-1)); }, {{256, 256}})),
      without_gradient(factorisation(
          "eigh_top", [](In x) { return spectrum(linalg::eigh_top(symmetric(x[0]), 2), x[0].size(-1)); },
          {{256, 256}})),
      without_gradient(factorisation("qr",
                                     [](In x) {
                                       const linalg::Qr f = linalg::qr(x[0]);
                                       return concat({f.q, transpose(f.r)}, -2);
                                     },
                                     {{256, 256}})),
      factorisation("cholesky", [](In x) { return linalg::cholesky(positive_definite(x[0])); }, {{256, 256}}),
      factorisation("inverse", [](In x) { return linalg::inverse(shifted(x[0])); }, {{256, 256}}),
      factorisation("slogdet", [](In x) { return linalg::slogdet(shifted(x[0])).logabsdet; }, {{256, 256}}),
      triangular("", {}),
      triangular("upper", {.upper = true}),
      triangular("transposed", {.transposed = true}),
      triangular("upper_transposed", {.upper = true, .transposed = true}),
      {.op = "cholesky_solve",
       .f = [](In x) { return linalg::cholesky_solve(shifted(x[0]), x[1]); },
       .inputs = {normal(), normal()},
       .shapes = kSystems,
       .dtypes = kReal},
      {.op = "solve",
       .f = [](In x) { return linalg::solve(shifted(x[0]), x[1]); },
       .inputs = {normal(), normal()},
       .shapes = kSystems,
       .dtypes = kReal,
       .bench = {{256, 256}, {256, 64}}},
      {.op = "squared_distances",
       .f = [](In x) { return squared_distances(x[0]); },
       .inputs = {normal()},
       .shapes = {{{5, 3}}, {{37, 1}}, {{1, 2}}, {{3, 0}}, {{0, 2}}},
       .dtypes = kReal,
       .bench = {{1024, 64}}},
      {.op = "squared_distances",
       .variant = "two",
       .f = [](In x) { return squared_distances(x[0], x[1]); },
       .inputs = {normal(), normal()},
       .shapes = {{{5, 3}, {4, 3}}, {{1, 2}, {19, 2}}, {{3, 0}, {2, 0}}, {{0, 2}, {3, 2}}},
       .dtypes = kReal,
       .bench = {{1024, 64}, {1024, 64}}},
      without_gradient({.op = "slogdet",
                        .variant = "sign",
                        .f = [](In x) { return linalg::slogdet(x[0]).sign; },
                        .inputs = {normal()},
                        .shapes = {{{4, 4}}, {{3, 3, 3}}, {{0, 0}}},
                        .dtypes = kReal,
                        .layouts = kWithoutRepeats}),
  };
  rows[1].shapes = {{{4, 4}}, {{2, 2}}};
  rows[2].shapes = {{{4, 3}}, {{3, 4}}, {{3, 3}}, {{1, 1}}, {{0, 3}}, {{3, 0}}, {{2, 4, 3}}};
  rows[2].layouts = kWithoutRepeats;  // equal rows have no unique factors
  return rows;
}

}  // namespace infograd::testing
