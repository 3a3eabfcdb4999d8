// Factorisations by the textbook, in double: rotations of Jacobi, columns of Cholesky, reflections of
// Householder, elimination of Gauss.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include <infograd/backends/element.h>
#include <infograd/backends/reference/reference_linalg.h>
#include <infograd/core/check.h>

namespace infograd {

namespace {

/// A matrix of doubles; entry (i, j).
struct Matrix {
  int64_t rows = 0, columns = 0;
  std::vector<double> entries;

  Matrix(int64_t r, int64_t c) : rows(r), columns(c), entries(static_cast<size_t>(r * c)) {}
  double& operator()(int64_t i, int64_t j) { return entries[static_cast<size_t>(i * columns + j)]; }
  double operator()(int64_t i, int64_t j) const { return entries[static_cast<size_t>(i * columns + j)]; }
};

Matrix load(const ConstView& view) {
  Matrix out(view.shape[0], view.rank() > 1 ? view.shape[1] : 1);
  visit_floating("linalg", view.dtype, [&](auto zero) {
    const auto* data = view.as<decltype(zero)>();
    for (size_t i = 0; i < out.entries.size(); ++i) out.entries[i] = convert<double>(data[i]);
  });
  return out;
}

void store(const View& view, const std::vector<double>& entries) {
  visit_floating("linalg", view.dtype, [&](auto zero) {
    auto* data = view.as<decltype(zero)>();
    for (size_t i = 0; i < entries.size(); ++i) data[i] = convert<decltype(zero)>(entries[i]);
  });
}

Matrix transpose(const Matrix& a) {
  Matrix out(a.columns, a.rows);
  for (int64_t i = 0; i < a.rows; ++i)
    for (int64_t j = 0; j < a.columns; ++j) out(j, i) = a(i, j);
  return out;
}

/// The lower triangle of a square view, mirrored.
Matrix load_symmetric(const ConstView& view) {
  Matrix a = load(view);
  for (int64_t i = 0; i < a.rows; ++i)
    for (int64_t j = i + 1; j < a.rows; ++j) a(i, j) = a(j, i);
  return a;
}

struct Eigen {
  std::vector<double> values;  // ascending
  Matrix rows;                 // row i belongs to value i
};

/// Turns a and the rows of v in the plane (p, q) so that a(p, q) vanishes.
void rotate(Matrix& a, Matrix& v, int64_t p, int64_t q) {
  if (a(p, q) == 0) return;
  const double theta = (a(q, q) - a(p, p)) / (2 * a(p, q));
  const double t = (theta < 0 ? -1.0 : 1.0) / (std::abs(theta) + std::sqrt(theta * theta + 1));
  const double c = 1 / std::sqrt(t * t + 1), s = t * c;
  for (int64_t k = 0; k < a.rows; ++k) {
    const double kp = a(k, p), kq = a(k, q);
    a(k, p) = c * kp - s * kq;
    a(k, q) = s * kp + c * kq;
  }
  for (int64_t k = 0; k < a.rows; ++k) {
    const double pk = a(p, k), qk = a(q, k), vp = v(p, k), vq = v(q, k);
    a(p, k) = c * pk - s * qk;
    a(q, k) = s * pk + c * qk;
    v(p, k) = c * vp - s * vq;
    v(q, k) = s * vp + c * vq;
  }
}

double size_off_diagonal(const Matrix& a) {
  double sum = 0;
  for (int64_t i = 0; i < a.rows; ++i)
    for (int64_t j = 0; j < a.rows; ++j) sum += i == j ? 0 : a(i, j) * a(i, j);
  return std::sqrt(sum);
}

Eigen jacobi(Matrix a) {
  const int64_t n = a.rows;
  Matrix v(n, n);
  for (int64_t i = 0; i < n; ++i) v(i, i) = 1;
  const double size =
      std::sqrt(std::inner_product(a.entries.begin(), a.entries.end(), a.entries.begin(), 0.0));
  for (int sweep = 0; size_off_diagonal(a) > 1e-15 * size; ++sweep) {
    check<Error>(sweep < 60, "linalg.eigh: no convergence on a {} x {} matrix after {} sweeps", n, n, sweep);
    for (int64_t p = 0; p < n; ++p)
      for (int64_t q = p + 1; q < n; ++q) rotate(a, v, p, q);
  }
  std::vector<int64_t> order(static_cast<size_t>(n));
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int64_t i, int64_t j) { return a(i, i) < a(j, j); });
  Eigen eigen{{}, Matrix(n, n)};
  for (int64_t i = 0; i < n; ++i) {
    const int64_t from = order[static_cast<size_t>(i)];
    eigen.values.push_back(a(from, from));
    for (int64_t k = 0; k < n; ++k) eigen.rows(i, k) = v(from, k);
  }
  return eigen;
}

/// Reflects the rows below and at k of a and q so that column k of a becomes (size >= 0, 0, 0, ..).
void reflect(Matrix& a, Matrix& q, int64_t k) {
  std::vector<double> u(static_cast<size_t>(a.rows), 0.0);
  double squares = 0;
  for (int64_t i = k; i < a.rows; ++i) squares += a(i, k) * a(i, k);
  const double size = std::sqrt(squares);
  for (int64_t i = k; i < a.rows; ++i) u[static_cast<size_t>(i)] = a(i, k) - (i == k ? size : 0);
  const double length = std::inner_product(u.begin(), u.end(), u.begin(), 0.0);
  if (length == 0) return;
  for (Matrix* m : {&a, &q})
    for (int64_t j = 0; j < m->columns; ++j) {
      double dot = 0;
      for (int64_t i = k; i < a.rows; ++i) dot += u[static_cast<size_t>(i)] * (*m)(i, j);
      for (int64_t i = k; i < a.rows; ++i) (*m)(i, j) -= 2 * dot / length * u[static_cast<size_t>(i)];
    }
  for (int64_t i = k; i < a.rows; ++i) a(i, k) = i == k ? size : 0;
}

/// Rows of a and b exchanged and combined until a is upper triangular. The sign of the permutation, or 0 with
/// `pivot` = the column, counted from 1, that has none.
int eliminate(Matrix& a, Matrix& b, int64_t& pivot) {
  int sign = 1;
  for (int64_t k = 0; k < a.rows; ++k) {
    int64_t best = k;
    for (int64_t i = k + 1; i < a.rows; ++i)
      if (std::abs(a(i, k)) > std::abs(a(best, k))) best = i;
    if (a(best, k) == 0) {
      pivot = k + 1;
      return 0;
    }
    if (best != k) {
      sign = -sign;
      for (int64_t j = 0; j < a.columns; ++j) std::swap(a(k, j), a(best, j));
      for (int64_t j = 0; j < b.columns; ++j) std::swap(b(k, j), b(best, j));
    }
    for (int64_t i = k + 1; i < a.rows; ++i) {
      const double factor = a(i, k) / a(k, k);
      for (int64_t j = k; j < a.columns; ++j) a(i, j) -= factor * a(k, j);
      for (int64_t j = 0; j < b.columns; ++j) b(i, j) -= factor * b(k, j);
    }
  }
  return sign;
}

/// b becomes a^-1 b, a triangular.
void substitute(const Matrix& a, Matrix& b, bool upper) {
  const int64_t n = a.rows;
  for (int64_t c = 0; c < b.columns; ++c)
    for (int64_t step = 0; step < n; ++step) {
      const int64_t i = upper ? n - 1 - step : step;
      double sum = b(i, c);
      for (int64_t j = upper ? i + 1 : 0; j < (upper ? n : i); ++j) sum -= a(i, j) * b(j, c);
      b(i, c) = sum / a(i, i);
    }
}

}  // namespace

void ReferenceLinalg::eigh(View a, View values) {
  const Eigen eigen = jacobi(load_symmetric(a));
  store(values, eigen.values);
  store(a, eigen.rows.entries);
}

void ReferenceLinalg::eigh_top(View a, View values, const EigenvectorRoom& room) {
  const Eigen eigen = jacobi(load_symmetric(a));
  store(values, eigen.values);
  const View vectors = room(values);
  const auto kept = static_cast<std::ptrdiff_t>(vectors.numel());
  store(vectors, std::vector<double>(eigen.rows.entries.end() - kept, eigen.rows.entries.end()));
}

int64_t ReferenceLinalg::cholesky(View view) {
  const Matrix a = load(view);
  Matrix l(a.rows, a.rows);
  for (int64_t j = 0; j < a.rows; ++j) {
    double square = a(j, j);
    for (int64_t k = 0; k < j; ++k) square -= l(j, k) * l(j, k);
    if (!(square > 0)) return j + 1;
    l(j, j) = std::sqrt(square);
    for (int64_t i = j + 1; i < a.rows; ++i) {
      double sum = a(i, j);
      for (int64_t k = 0; k < j; ++k) sum -= l(i, k) * l(j, k);
      l(i, j) = sum / l(j, j);
    }
  }
  store(view, l.entries);
  return 0;
}

void ReferenceLinalg::solve_triangular(ConstView a, View b, bool upper, bool transposed) {
  const Matrix triangle = load(a);
  Matrix x = load(b);
  substitute(transposed ? transpose(triangle) : triangle, x, upper != transposed);
  store(b, x.entries);
}

void ReferenceLinalg::qr(View at, View r) {
  Matrix a = transpose(load(at));
  Matrix q(a.rows, a.rows);  // becomes Q^T
  for (int64_t i = 0; i < a.rows; ++i) q(i, i) = 1;
  const int64_t k = std::min(a.rows, a.columns);
  for (int64_t i = 0; i < k; ++i) reflect(a, q, i);
  a.entries.resize(static_cast<size_t>(k * a.columns));
  store(r, a.entries);
  q.entries.resize(static_cast<size_t>(k * q.columns));
  store(at, q.entries);
}

int64_t ReferenceLinalg::solve(View at, View bt) {
  Matrix a = transpose(load(at)), b = transpose(load(bt));
  int64_t pivot = 0;
  if (eliminate(a, b, pivot) == 0) return pivot;
  substitute(a, b, true);
  store(bt, transpose(b).entries);
  return 0;
}

void ReferenceLinalg::slogdet(View view, View sign, View logabsdet) {
  Matrix a = load(view), nothing(a.rows, 0);
  int64_t pivot = 0;
  double s = eliminate(a, nothing, pivot), log_size = 0;
  for (int64_t i = 0; i < a.rows; ++i) {
    if (a(i, i) < 0) s = -s;
    log_size += std::log(std::abs(a(i, i)));
  }
  if (s == 0) log_size = -std::numeric_limits<double>::infinity();
  store(sign, {std::isnan(log_size) ? log_size : s});
  store(logabsdet, {log_size});
}

void ReferenceLinalg::squared_distances(View out, ConstView x, ConstView y) {
  const Matrix a = load(x), b = load(y ? y : x);
  Matrix result(a.rows, b.rows);
  for (int64_t i = 0; i < a.rows; ++i)
    for (int64_t j = 0; j < b.rows; ++j)
      for (int64_t c = 0; c < a.columns; ++c) result(i, j) += (a(i, c) - b(j, c)) * (a(i, c) - b(j, c));
  store(out, result.entries);
}

}  // namespace infograd
