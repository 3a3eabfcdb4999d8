// Dense linear algebra under the names of numpy.linalg and torch.linalg. f32 and f64; axes before the last
// two are a batch.
#pragma once

#include <functional>
#include <span>

#include <infograd/core/tensor.h>

namespace infograd::linalg {

struct Eigh {
  Tensor values;   ///< [.., n], ascending
  Tensor vectors;  ///< [.., n, n], or [n, k]: unit columns in the order of their values; signs are arbitrary
};
/// Eigenvalues and eigenvectors of symmetric a [.., n, n], of which the lower triangle is read. Not
/// differentiable: backward throws NotImplemented. Throws ValueError for entries that are not finite, Error
/// when the solver does not converge.
INFOGRAD_API Eigh eigh(const Tensor& a);

/// How many eigenvectors are wanted, decided from all eigenvalues, which ascend.
using EigenCount = std::function<int64_t(std::span<const double> values)>;
/// All eigenvalues of a [n, n], but the vectors of the k largest only: vectors [n, k], column j belongs to
/// value n - k + j. Cheaper than eigh when k is well below n. Otherwise as eigh.
INFOGRAD_API Eigh eigh_top(const Tensor& a, const EigenCount& count);
INFOGRAD_API Eigh eigh_top(const Tensor& a, int64_t k);

/// Lower L with L L^T = a, for positive definite a [.., n, n], of which the lower triangle is read. The
/// gradient is that of a symmetric a, shared between both triangles. Throws ValueError when a is not positive
/// definite.
INFOGRAD_API Tensor cholesky(const Tensor& a);
/// (L L^T)^-1 b from l = cholesky(a) [.., n, n] and b [.., n, k].
INFOGRAD_API Tensor cholesky_solve(const Tensor& l, const Tensor& b);

struct Triangular {
  bool upper = false;       ///< the triangle of a that is read; the other is taken as 0
  bool transposed = false;  ///< solves with its transpose
};
/// a^-1 b of triangular a [.., n, n] and b [.., n, k], batch axes broadcast. A zero on the diagonal gives
/// infinities.
INFOGRAD_API Tensor solve_triangular(const Tensor& a, const Tensor& b, const Triangular& triangular = {});

struct Qr {
  Tensor q;  ///< [.., m, k], k = min(m, n): orthonormal columns
  Tensor r;  ///< [.., k, n]: upper triangular, diagonal >= 0, which makes both unique for full rank
};
/// Thin QR factorisation of a [.., m, n]. With a normal a, q is uniform on the orthogonal matrices. Not
/// differentiable: backward throws NotImplemented.
INFOGRAD_API Qr qr(const Tensor& a);

/// a^-1 b of a [.., n, n] and b [.., n, k], batch axes broadcast. Throws ValueError when a is singular.
INFOGRAD_API Tensor solve(const Tensor& a, const Tensor& b);
/// Prefer solve: it is faster and more accurate. Throws ValueError when a is singular.
INFOGRAD_API Tensor inverse(const Tensor& a);

struct Slogdet {
  Tensor sign;       ///< [..]: -1, 0 or 1; not differentiable
  Tensor logabsdet;  ///< [..]: log |det a|, -inf for a singular matrix; differentiable
};
/// Sign and logarithm of the determinant of a [.., n, n].
INFOGRAD_API Slogdet slogdet(const Tensor& a);

}  // namespace infograd::linalg
