// How our matrices are handed to libraries that count by columns, on plain loops over columns, and the
// kernels beside the libraries; against the reference.
#include <gtest/gtest.h>

#include <infograd/backends/cuda/linalg_body.h>
#include <infograd/backends/cuda/linalg_plan.h>
#include <infograd/backends/linalg.h>
#include <infograd/backends/reference/reference_linalg.h>

#include "tests/backends/helpers.h"

namespace infograd::cuda {
namespace {

using infograd::test::values;
using infograd::test::wave;

/// Entry (i, j) of a matrix by columns.
struct Columns {
  double* data;
  int64_t ld;
  double& operator()(int64_t i, int64_t j) const { return data[j * ld + i]; }
};

Tensor copy_of(const Tensor& t) {
  return test::make(t.shape(), values(t), t.dtype());
}

/// waves with a heavy diagonal.
Tensor heavy(int64_t n) {
  Tensor a = wave({n, n}, 0.4);
  for (int64_t i = 0; i < n; ++i) a.data<double>()[i * n + i] += 3;
  return a;
}

// b = b op(A)^-1, as the BLAS routine trsm means it.
void solve_from_right(const TriangularPlan& plan, const Columns& a, const Columns& b) {
  const int64_t n = plan.columns;
  const auto entry = [&](int64_t i, int64_t j) {  // of op(A)
    if (plan.transposed) std::swap(i, j);
    return plan.upper ? (i <= j ? a(i, j) : 0) : (i >= j ? a(i, j) : 0);
  };
  const bool forward = plan.upper != plan.transposed;  // op(A) is upper: column 0 of X comes first
  for (int64_t row = 0; row < plan.rows; ++row)
    for (int64_t step = 0; step < n; ++step) {
      const int64_t j = forward ? step : n - 1 - step;
      for (int64_t before = 0; before < step; ++before) {
        const int64_t i = forward ? before : n - 1 - before;
        b(row, j) -= b(row, i) * entry(i, j);
      }
      b(row, j) /= entry(j, j);
    }
}

TEST(CudaLinalg, TriangularSystems) {
  ReferenceLinalg reference;
  for (const int64_t k : {1, 4})
    for (const bool upper : {false, true})
      for (const bool transposed : {false, true}) {
        const Tensor a = heavy(5), b = wave({5, k}, 1.2), expected = copy_of(b);
        reference.solve_triangular(ConstView(a), View(expected), upper, transposed);
        const TriangularPlan plan = plan_triangular(ConstView(a), ConstView(b), upper, transposed);
        ASSERT_TRUE(plan.from_right);
        solve_from_right(plan, {a.data<double>(), plan.lda}, {b.data<double>(), plan.ldb});
        test::expect_values(b, values(expected), 1e-13);
      }
}

TEST(CudaLinalg, Cholesky) {
  const int64_t n = 6;
  Tensor a = heavy(n);
  for (int64_t i = 0; i < n; ++i)
    for (int64_t j = i + 1; j < n; ++j) a.data<double>()[i * n + j] = 1e9;  // not read
  const Tensor expected = copy_of(a);
  ASSERT_EQ(ReferenceLinalg().cholesky(View(expected)), 0);
  ASSERT_TRUE(kSymmetricUpper);  // the factor U of A = U^T U, in place
  const Columns u{a.data<double>(), n};
  for (int64_t j = 0; j < n; ++j)
    for (int64_t i = 0; i <= j; ++i) {
      for (int64_t l = 0; l < i; ++l) u(i, j) -= u(l, i) * u(l, j);
      u(i, j) = i == j ? std::sqrt(u(i, i)) : u(i, j) / u(i, i);
    }
  const KeepLower<double> body{a.data<double>(), n};
  for (int64_t e = 0; e < n * n; ++e) body.run(e);
  test::expect_values(a, values(expected), 1e-13);
}

// A factorisation by columns with reflectors below the diagonal and negative entries on it: what remains must
// be the R and the signs that make Q R what it was.
TEST(CudaLinalg, QrHasADiagonalThatIsNotNegative) {
  for (const auto& [m, n] : {std::pair<int64_t, int64_t>{5, 3}, {3, 5}, {4, 4}}) {
    const Tensor at = wave({n, m}, 0.8);
    const QrPlan plan = plan_qr(ConstView(at));
    EXPECT_EQ(plan.rows, m);
    EXPECT_EQ(plan.columns, n);
    EXPECT_EQ(plan.ld, m);
    const int64_t k = std::min(m, n);
    ASSERT_EQ(plan.reflectors, k);
    const Columns factors{at.data<double>(), plan.ld};
    const Tensor r = empty({k, n}, DType::f64), signs = empty({k}, DType::f64);
    const TakeR<double> body{at.data<double>(), r.data<double>(), signs.data<double>(), m, n};
    for (int64_t e = 0; e < k * n; ++e) body.run(e);
    for (int64_t i = 0; i < k; ++i)
      for (int64_t j = 0; j < n; ++j) {
        const double entry = r.data<double>()[i * n + j];
        EXPECT_TRUE(i != j || entry >= 0);
        EXPECT_EQ(signs.data<double>()[i] * entry, j < i ? 0 : factors(i, j));
      }
  }
}

TEST(CudaLinalg, Systems) {
  const int64_t n = 4, k = 3;
  const Tensor at = heavy(n), bt = wave({k, n}, 0.3);
  const SolvePlan plan = plan_solve(ConstView(at), ConstView(bt));
  EXPECT_EQ(plan.columns, k);
  const Tensor a = copy_of(at), x = copy_of(bt);
  ASSERT_EQ(ReferenceLinalg().solve(View(a), View(x)), 0);
  const Columns matrix{at.data<double>(), plan.lda}, right{bt.data<double>(), plan.ldb},
      solution{x.data<double>(), plan.ldb};
  for (int64_t i = 0; i < plan.order; ++i)  // A x = b, all by columns
    for (int64_t c = 0; c < plan.columns; ++c) {
      double sum = 0;
      for (int64_t j = 0; j < n; ++j) sum += matrix(i, j) * solution(j, c);
      EXPECT_NEAR(sum, right(i, c), 1e-13);
    }
}

TEST(CudaLinalg, DeterminantsFromFactors) {
  const int64_t n = 600;  // more than one entry per thread
  Tensor lu = wave({n, n}, 0.2);
  std::vector<int> pivots(static_cast<size_t>(n));
  double log_size = 0, sign = 1;
  for (int64_t i = 0; i < n; ++i) {
    pivots[static_cast<size_t>(i)] = static_cast<int>(i % 7 == 3 ? i + 2 : i + 1);
    const double pivot = lu.data<double>()[i * n + i];
    log_size += std::log(std::abs(pivot));
    sign *= (pivot < 0 ? -1 : 1) * (i % 7 == 3 ? -1 : 1);
  }
  for (const int info : {0, 5}) {
    double s = 7, size = 7;
    const Determinant<double> body{lu.data<double>(), pivots.data(), &info, &s, &size, n};
    auto total = body.lane(0);
    for (int t = 1; t < kThreads; ++t) total = Determinant<double>::add(total, body.lane(t));
    body.write(total);
    EXPECT_EQ(s, info == 0 ? sign : 0);
    test::expect_values({size}, {info == 0 ? log_size : -test::kInf}, 1e-13);
  }
}

TEST(CudaLinalg, DistancesAreExactWhereDigitsCancel) {
  const int64_t m = 6, n = 5, depth = 40;
  for (const bool itself : {false, true})
    for (const bool products : {false, true}) {
      const Tensor x = wave({m, depth}, 0.3, 1, 100, DType::f32),
                   y = wave({n, depth}, 0.3001, 1, 100, DType::f32);
      const Tensor& other = itself ? x : y;
      const int64_t columns = other.shape()[0];
      const Tensor out = empty({m, columns}), expected = empty({m, columns});
      ReferenceLinalg().squared_distances(View(expected), ConstView(x), itself ? ConstView() : ConstView(y));
      std::vector<float> squares(static_cast<size_t>(m)), other_squares(static_cast<size_t>(columns));
      const auto dot = [&](const Tensor& a, int64_t i, const Tensor& b, int64_t j) {
        float sum = 0;
        for (int64_t c = 0; c < depth; ++c)
          sum += a.data<float>()[i * depth + c] * b.data<float>()[j * depth + c];
        return sum;
      };
      for (int64_t i = 0; i < m; ++i) squares[static_cast<size_t>(i)] = dot(x, i, x, i);
      for (int64_t j = 0; j < columns; ++j) other_squares[static_cast<size_t>(j)] = dot(other, j, other, j);
      for (int64_t i = 0; i < m; ++i)
        for (int64_t j = 0; j < columns; ++j)
          out.data<float>()[i * columns + j] = products ? dot(x, i, other, j) : -1;
      const Distances<float> body{out.data<float>(),
                                  x.data<float>(),
                                  itself ? nullptr : y.data<float>(),
                                  products ? squares.data() : nullptr,
                                  products ? other_squares.data() : nullptr,
                                  m,
                                  columns,
                                  depth};
      for (int64_t e = 0; e < m * columns; ++e) body.run(e);
      test::expect_values(out, values(expected), 1e-5);
      for (int64_t i = 0; itself && i < m; ++i) EXPECT_EQ(out.data<float>()[i * m + i], 0);
    }
}

}  // namespace
}  // namespace infograd::cuda
