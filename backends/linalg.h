// Dense linear algebra of a backend: one matrix per call, on raw views. A table of its own beside backend.h,
// so that a backend takes it from a library made for it (LAPACK; cuSOLVER).
#pragma once

#include <functional>
#include <string_view>

#include <infograd/backends/view.h>

namespace infograd {

/// Asked once all eigenvalues [n] are known, ascending: room [k, n] for the vectors of the k largest, k =
/// 0..n.
using EigenvectorRoom = std::function<View(ConstView values)>;

/// Views are row-major without gaps, f32 or f64, all of one type and of extent >= 1. A matrix passed as
/// `View` is overwritten. What a library sees as columns is passed as rows: nothing is transposed on the way.
/// The default body of each throws NotImplemented(backend, method, dtype, shapes).
class INFOGRAD_API LinalgBackend {
 public:
  virtual ~LinalgBackend();
  virtual std::string_view name() const = 0;

  /// Symmetric a [n, n], of which the lower triangle is read: values [n] ascending; row i of a becomes the
  /// unit eigenvector of value i, of arbitrary sign. Throws Error when the iteration does not converge.
  virtual void eigh(View a, View values);
  /// All values, and the vectors of the k largest: row i of the room belongs to value n - k + i. a is
  /// destroyed.
  virtual void eigh_top(View a, View values, const EigenvectorRoom& room);
  /// a [n, n] = L L^T, of which the lower triangle is read, becomes L with zeros above. Returns 0, or the
  /// order of the first leading minor that is not positive; a then means nothing.
  virtual int64_t cholesky(View a);
  /// b [n, k] becomes A^-1 b, A the lower (upper) triangle of a [n, n] or its transpose.
  virtual void solve_triangular(ConstView a, View b, bool upper, bool transposed);
  /// at [n, m] is the transpose of A [m, n]. Its first k = min(m, n) rows become the columns of Q; r [k, n] =
  /// R, diagonal >= 0, zeros below.
  virtual void qr(View at, View r);
  /// at [n, n] is the transpose of A (destroyed), bt [k, n] that of B; bt becomes that of A^-1 B. Returns 0,
  /// or which pivot, counted from 1, is exactly zero; bt then means nothing.
  virtual int64_t solve(View at, View bt);
  /// sign [1] of the determinant of a [n, n] (destroyed) and the logarithm [1] of its size; 0 and -inf where
  /// it vanishes.
  virtual void slogdet(View a, View sign, View logabsdet);
  /// out [m, n] = |x_i - y_j|^2 of rows x [m, d], y [n, d], never negative and without cancellation. An empty
  /// y stands for x: the result is then symmetric with a diagonal of exact zeros. d = 0 gives zeros.
  virtual void squared_distances(View out, ConstView x, ConstView y);
};

/// That of the backend which serves `device` on this thread (registry.h). Throws NotImplemented if it has
/// none.
INFOGRAD_API LinalgBackend& linalg_backend_for(Device device);

}  // namespace infograd
