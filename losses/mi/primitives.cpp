#include <algorithm>
#include <cmath>
#include <limits>

#include <infograd/autograd/record.h>
#include <infograd/backends/registry.h>
#include <infograd/core/check.h>
#include <infograd/core/trace.h>
#include <infograd/losses/mi/primitives.h>
#include <infograd/ops/constant.h>
#include <infograd/ops/creation.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/reduce.h>
#include <infograd/ops/shape_ops.h>

namespace infograd::losses {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// G_ij = g_0i e^(s_ij - row_i) + g_1j e^(s_ij - column_j) + (i == j) g_2i, of public ops.
Tensor composed_slope(const Tensor& scores, const Tensor& lse, const Tensor& g) {
  const int64_t k = scores.size(0);
  const auto column = [&](const Tensor& x, int64_t i) { return reshape(select(x, 0, i), {k, 1}); };
  const auto row = [&](const Tensor& x, int64_t i) { return reshape(select(x, 0, i), {1, k}); };
  const Tensor index = detail::constant_to(arange(k), scores.device());
  const Tensor on_diagonal = eq(unsqueeze(index, 1), unsqueeze(index, 0));
  return column(g, 0) * exp(scores - column(lse, 0)) + row(g, 1) * exp(scores - row(lse, 1)) +
         where(on_diagonal, column(g, 2), 0.0);
}

}  // namespace

Tensor guarded_exp(const Tensor& u) {
  return exp(clamp(u, -kInfinity, kGuardedExpMax)) * (relu(u - kGuardedExpMax) + 1.0);
}

double guarded_exp(double u) {
  return std::exp(std::min(u, kGuardedExpMax)) * (std::max(u - kGuardedExpMax, 0.0) + 1);
}

Tensor normalize_rows(const Tensor& z, double eps) {
  return z / clamp(norm(z, 2, {1}, true), eps, kInfinity);
}

Tensor all_pairs_lse(const Tensor& u, const Tensor& v, double scale, const Tensor& labels, int64_t tile) {
  check_same("all_pairs_lse", u, v);
  check_floating("all_pairs_lse", "u", u);
  check<ShapeError>(u.rank() == 2 && u.shape() == v.shape() && u.size(0) > 0,
                    "all_pairs_lse: u {} and v {}: both must be [K, d], K >= 1, row i of each the same pair",
                    describe(u), describe(v));
  if (labels.defined()) {
    check<DTypeError>(labels.dtype() == DType::i64, "all_pairs_lse: labels {} must be i64", describe(labels));
    check<ShapeError>(labels.shape() == Shape{u.size(0)}, "all_pairs_lse: labels {} for {} pairs",
                      describe(labels), u.size(0));
  }
  check<ValueError>(tile >= 0, "all_pairs_lse: a tile of {}", tile);
  const Tensor rows = u.contiguous(), columns = v.contiguous();
  const Tensor classes = labels.defined() ? labels.contiguous() : Tensor();
  Tensor out = empty({3, u.size(0)}, u.dtype(), u.device());
  const auto arguments = [scale, tile](const Tensor& a, const Tensor& b, const Tensor& c, const Tensor& lse) {
    AllPairsArgs args;
    args.u = ConstView(a);
    args.v = ConstView(b);
    args.labels = ConstView(c);
    args.out = View(lse);
    args.scale = scale;
    args.tile = tile;
    return args;
  };
  {
    const trace::Call call("all_pairs_lse");
    backend_for(u.device()).all_pairs_lse(arguments(rows, columns, classes, out));
  }
  if (grad_needed({&rows, &columns})) {
    record(
        out, "all_pairs_lse", {&rows, &columns},
        [arguments, rows = Saved(rows), columns = Saved(columns), classes,
         lse = SavedOutput(out)](const Tensor& g) {
          const Tensor a = rows.get(), b = columns.get(), seed = g.contiguous();
          Tensor da = empty_like(a), db = empty_like(b);
          AllPairsArgs args = arguments(a, b, classes, lse.get());
          args.grad = ConstView(seed);
          args.du = View(da);
          args.dv = View(db);
          const trace::Call call("all_pairs_lse_grad");
          backend_for(a.device()).all_pairs_lse_grad(args);
          return Grads{da, db};
        },
        SecondOrder::no);
  }
  return out;
}

Tensor all_pairs_lse(const Tensor& scores) {
  check_defined("all_pairs_lse", "scores", scores);
  check_floating("all_pairs_lse", "scores", scores);
  check<ShapeError>(scores.rank() == 2 && scores.size(0) == scores.size(1) && scores.size(0) > 0,
                    "all_pairs_lse: scores {} must be a square matrix", describe(scores));
  const Tensor matrix = scores.contiguous();
  Tensor out = empty({3, scores.size(0)}, scores.dtype(), scores.device());
  {
    AllPairsArgs args;
    args.scores = ConstView(matrix);
    args.out = View(out);
    const trace::Call call("all_pairs_lse");
    backend_for(scores.device()).all_pairs_lse(args);
  }
  if (grad_needed({&matrix})) {
    record(out, "all_pairs_lse", {&matrix},
           [matrix = Saved(matrix), lse = SavedOutput(out)](const Tensor& g) {
             const Tensor s = matrix.get(), sums = lse.get();
             if (grad_enabled()) return Grads(composed_slope(s, sums, g));
             const Tensor seed = g.contiguous();
             Tensor ds = empty_like(s);
             AllPairsArgs args;
             args.scores = ConstView(s);
             args.out = View(sums);
             args.grad = ConstView(seed);
             args.dscores = View(ds);
             const trace::Call call("all_pairs_lse_grad");
             backend_for(s.device()).all_pairs_lse_grad(args);
             return Grads(ds);
           });
  }
  return out;
}

}  // namespace infograd::losses
