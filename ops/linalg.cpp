#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <infograd/backends/late_checks.h>
#include <infograd/backends/linalg.h>
#include <infograd/ops/creation.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/linalg.h>
#include <infograd/ops/matmul.h>
#include <infograd/ops/reduce.h>
#include <infograd/ops/shape_ops.h>
#include <infograd/ops/support.h>

namespace infograd::linalg {

namespace {

void check_matrices(std::string_view op, std::string_view argument, const Tensor& x) {
  check_defined(op, argument, x);
  if (x.dtype() != DType::f32 && x.dtype() != DType::f64)
    fail<DTypeError>("{}: {} is {}, but linear algebra takes f32 or f64; convert with to(DType::f32)", op,
                     argument, describe(x));
  if (x.rank() < 2)
    fail<ShapeError>("{}: {} is {}, but a matrix [.., rows, columns] is needed; unsqueeze a vector", op,
                     argument, describe(x));
}

void check_square(std::string_view op, const Tensor& a) {
  check_matrices(op, "a", a);
  if (a.size(-1) != a.size(-2))
    fail<ShapeError>("{}: a is {}, but its last two axes must be equal", op, describe(a));
}

Shape batch_of(const Tensor& x) {
  return Shape(std::span<const int64_t>(x.shape().begin(), x.shape().end() - 2));
}
Shape with_tail(Shape batch, std::initializer_list<int64_t> tail) {
  for (const int64_t extent : tail) batch.push_back(extent);
  return batch;
}

/// Matrix i of a row-major batch, or vector i or number i.
View item(const Tensor& x, int64_t i, const Shape& shape) {
  auto* data = static_cast<std::byte*>(x.raw_data());
  return {data + static_cast<size_t>(i * shape.numel()) * item_size(x.dtype()), x.dtype(), shape,
          contiguous_strides(shape)};
}
View matrix(const Tensor& x, int64_t i) {
  return item(x, i, {x.size(-2), x.size(-1)});
}
/// How many matrices there are to work on: none if they are empty.
int64_t matrices(const Tensor& x) {
  return x.numel() == 0 ? 0 : x.numel() / (x.size(-1) * x.size(-2));
}

/// A fresh row-major copy, outside the graph, for a kernel to overwrite.
Tensor fresh(const Tensor& x) {
  return detail::run_copy(x, x.dtype());
}
/// The same with the last two axes exchanged.
Tensor fresh_transpose(const Tensor& x) {
  const NoGrad no_grad;
  return fresh(transpose(x));
}

void record_no_derivative(Tensor& out, const char* op, const Tensor& a) {
  if (!grad_needed({&a})) return;
  record(
      out, op, {&a},
      [op](const Tensor&) -> Grads {
        fail<NotImplemented>(
            "{}: its derivative is not implemented; pass a.detach() where none is meant to flow through it",
            op);
      },
      SecondOrder::no);
}

/// Ones in the lower (upper) triangle, `diagonal` on the diagonal, zeros elsewhere.
Tensor triangle(const Tensor& like, bool upper, double diagonal) {
  const int64_t n = like.size(-1);
  const Tensor column = arange(0, static_cast<double>(n), 1, DType::i64, like.device());
  const Tensor row = unsqueeze(column, 1);
  const Tensor inside = upper ? lt(row, column) : gt(row, column);
  return inside.to(like.dtype()) + eq(row, column).to(like.dtype()) * diagonal;
}

void check_finite_entries(std::string_view op, const Tensor& a) {
  const NoGrad no_grad;
  if (!a.device().is_cpu()) return late::check_finite(op, "a", ConstView(a.detach()), a.device());
  if (std::isfinite(norm(a.detach(), 1).item())) return;  // one pass; an overflow is looked at again
  if (all(isfinite(a.detach())).item() == 0)
    fail<ValueError>("{}: a {} holds an entry that is not finite", op, describe(a));
}

/// a and b with one batch shape, from op(a [.., n, n], b [.., n, k]).
struct System {
  Tensor a, b;
};
System broadcast_system(std::string_view op, const Tensor& a, const Tensor& b) {
  check_square(op, a);
  check_matrices(op, "b", b);
  check_same(op, a, b);
  if (a.size(-1) != b.size(-2))
    fail<ShapeError>(
        "{}: a {} does not fit b {}: b [.., n, k] needs as many rows as a; make a vector a column", op,
        describe(a), describe(b));
  const Shape batch = broadcast_shapes(batch_of(a), batch_of(b), op);
  return {expand(a, with_tail(batch, {a.size(-2), a.size(-1)})),
          expand(b, with_tail(batch, {b.size(-2), b.size(-1)}))};
}

Tensor run_solve_triangular(const Tensor& a, const Tensor& b, const Triangular& t) {
  const Tensor triangular = a.detach().contiguous();
  Tensor x = fresh(b);
  {
    const trace::Call call("linalg.solve_triangular");
    LinalgBackend& backend = linalg_backend_for(a.device());
    for (int64_t i = 0; i < matrices(x); ++i)
      backend.solve_triangular(matrix(triangular, i), matrix(x, i), t.upper, t.transposed);
  }
  if (grad_needed({&a, &b})) {
    record(x, "linalg.solve_triangular", {&a, &b},
           [a = Saved(a), x = SavedOutput(x), t](const Tensor& g, Needs needs) {
             const Tensor db = run_solve_triangular(a.get(), g, {t.upper, !t.transposed});
             if (!needs[0]) return Grads{Tensor(), db};
             const Tensor da = t.transposed ? matmul(x.get(), transpose(db)) : matmul(db, transpose(x.get()));
             return Grads{-da * triangle(da, t.upper, 1), db};
           });
  }
  return x;
}

Tensor run_solve(const Tensor& a, const Tensor& b) {
  const Tensor at = fresh_transpose(a), bt = fresh_transpose(b);
  {
    const trace::Call call("linalg.solve");
    LinalgBackend& backend = linalg_backend_for(a.device());
    for (int64_t i = 0; i < matrices(bt); ++i) {
      const int64_t pivot = backend.solve(matrix(at, i), matrix(bt, i));
      if (pivot != 0)
        fail<ValueError>("linalg.solve: matrix {} of a {} is singular: pivot {} is zero", i, describe(a),
                         pivot);
    }
  }
  Tensor x = transpose(bt);
  if (grad_needed({&a, &b})) {
    record(x, "linalg.solve", {&a, &b}, [a = Saved(a), x = SavedOutput(x)](const Tensor& g, Needs needs) {
      const Tensor db = run_solve(transpose(a.get()), g);
      return Grads{needs[0] ? -matmul(db, transpose(x.get())) : Tensor(), db};
    });
  }
  return x;
}

}  // namespace

Eigh eigh(const Tensor& a) {
  check_square("linalg.eigh", a);
  check_finite_entries("linalg.eigh", a);
  const Tensor rows = fresh(a);
  Tensor values = empty(with_tail(batch_of(a), {a.size(-1)}), a.dtype(), a.device());
  {
    const trace::Call call("linalg.eigh");
    LinalgBackend& backend = linalg_backend_for(a.device());
    for (int64_t i = 0; i < matrices(rows); ++i) backend.eigh(matrix(rows, i), item(values, i, {a.size(-1)}));
  }
  Tensor vectors = transpose(rows);
  record_no_derivative(values, "linalg.eigh", a);
  record_no_derivative(vectors, "linalg.eigh", a);
  return {values, vectors};
}

Eigh eigh_top(const Tensor& a, const EigenCount& count) {
  check_square("linalg.eigh_top", a);
  if (a.rank() != 2)
    fail<ShapeError>("linalg.eigh_top: a is {}, but one matrix [n, n] is needed", describe(a));
  check_finite_entries("linalg.eigh_top", a);
  const int64_t n = a.size(0);
  const Tensor work = fresh(a);
  Tensor values = empty({n}, a.dtype(), a.device()), rows = empty({0, n}, a.dtype(), a.device());
  if (n > 0) {
    const trace::Call call("linalg.eigh_top");
    linalg_backend_for(a.device()).eigh_top(View(work), View(values), [&](ConstView) {
      const std::vector<double> all = values.to(DType::f64).to_vector<double>();
      const int64_t k = count(all);
      check<ValueError>(k >= 0 && k <= n, "linalg.eigh_top: {} vectors of {} are wanted", k, n);
      rows = empty({k, n}, a.dtype(), a.device());
      return View(rows);
    });
  }
  Tensor vectors = transpose(rows);
  record_no_derivative(values, "linalg.eigh_top", a);
  record_no_derivative(vectors, "linalg.eigh_top", a);
  return {values, vectors};
}

Eigh eigh_top(const Tensor& a, int64_t k) {
  return eigh_top(a, [k](std::span<const double>) { return k; });
}

Tensor cholesky(const Tensor& a) {
  check_square("linalg.cholesky", a);
  Tensor l = fresh(a);
  {
    const trace::Call call("linalg.cholesky");
    LinalgBackend& backend = linalg_backend_for(a.device());
    for (int64_t i = 0; i < matrices(l); ++i) {
      const int64_t order = backend.cholesky(matrix(l, i));
      if (order != 0)
        fail<ValueError>(
            "linalg.cholesky: matrix {} of a {} is not positive definite: its leading minor of order {} is "
            "not "
            "positive; a ridge on the diagonal helps a covariance of too few samples",
            i, describe(a), order);
    }
  }
  if (grad_needed({&a})) {
    record(l, "linalg.cholesky", {&a}, [l = SavedOutput(l)](const Tensor& g) -> Grads {
      const Tensor factor = l.get();
      // L^-T phi(L^T G) L^-1, symmetrised; phi keeps the lower triangle and halves the diagonal
      const Tensor inner =
          matmul(transpose(factor), g * triangle(factor, false, 1)) * triangle(factor, false, 0.5);
      const Tensor left = run_solve_triangular(factor, inner, {.transposed = true});
      const Tensor both = run_solve_triangular(factor, transpose(left), {.transposed = true});
      return (both + transpose(both)) * 0.5;
    });
  }
  return l;
}

Tensor solve_triangular(const Tensor& a, const Tensor& b, const Triangular& triangular) {
  const System system = broadcast_system("linalg.solve_triangular", a, b);
  return run_solve_triangular(system.a, system.b, triangular);
}

Tensor cholesky_solve(const Tensor& l, const Tensor& b) {
  const System system = broadcast_system("linalg.cholesky_solve", l, b);
  return run_solve_triangular(system.a, run_solve_triangular(system.a, system.b, {}), {.transposed = true});
}

Qr qr(const Tensor& a) {
  check_matrices("linalg.qr", "a", a);
  const int64_t m = a.size(-2), n = a.size(-1), k = std::min(m, n);
  const Tensor at = fresh_transpose(a);
  Tensor r = empty(with_tail(batch_of(a), {k, n}), a.dtype(), a.device());
  {
    const trace::Call call("linalg.qr");
    LinalgBackend& backend = linalg_backend_for(a.device());
    for (int64_t i = 0; i < matrices(at); ++i) backend.qr(matrix(at, i), matrix(r, i));
  }
  Tensor q = transpose(slice(at, -2, 0, k));
  record_no_derivative(q, "linalg.qr", a);
  record_no_derivative(r, "linalg.qr", a);
  return {q, r};
}

Tensor solve(const Tensor& a, const Tensor& b) {
  const System system = broadcast_system("linalg.solve", a, b);
  return run_solve(system.a, system.b);
}

Tensor inverse(const Tensor& a) {
  check_square("linalg.inverse", a);
  return run_solve(a, expand(eye(a.size(-1), a.dtype(), a.device()), a.shape()));
}

Slogdet slogdet(const Tensor& a) {
  check_square("linalg.slogdet", a);
  const Tensor work = fresh(a);
  Tensor sign = empty(batch_of(a), a.dtype(), a.device()), log_size = zeros_like(sign);
  {
    const NoGrad no_grad;
    if (a.size(-1) == 0) sign = ones_like(sign);
    const trace::Call call("linalg.slogdet");
    LinalgBackend& backend = linalg_backend_for(a.device());
    for (int64_t i = 0; i < matrices(work); ++i)
      backend.slogdet(matrix(work, i), item(sign, i, {1}), item(log_size, i, {1}));
  }
  if (grad_needed({&a})) {
    record(log_size, "linalg.slogdet", {&a}, [a = Saved(a)](const Tensor& g) -> Grads {
      return unsqueeze(unsqueeze(g, -1), -1) * transpose(inverse(a.get()));
    });
  }
  return {sign, log_size};
}

}  // namespace infograd::linalg
