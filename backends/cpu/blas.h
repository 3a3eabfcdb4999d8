// Private: row-major matrix products over BLAS, through the Fortran names that every implementation has.
#pragma once

#include <cstdint>

extern "C" {
void sgemm_(const char* transa, const char* transb, const int* m, const int* n, const int* k,
            const float* alpha, const float* a, const int* lda, const float* b, const int* ldb,
            const float* beta, float* c, const int* ldc);
void dgemm_(const char* transa, const char* transb, const int* m, const int* n, const int* k,
            const double* alpha, const double* a, const int* lda, const double* b, const int* ldb,
            const double* beta, double* c, const int* ldc);
}

namespace infograd::blas {

/// A row-major matrix, or (transposed) one whose columns are stored one after the other.
template <class T>
struct Matrix {
  T* data;
  int64_t ld;
  bool transposed = false;
};

/// c [m, n] = alpha * a [m, k] @ b [k, n] + beta * c; c is not read when beta is 0. Extents fit int.
template <class T>
void gemm(int64_t m, int64_t n, int64_t k, T alpha, Matrix<const T> a, Matrix<const T> b, T beta,
          Matrix<T> c) {
  // BLAS thinks in columns: it sees every matrix transposed, so compute c^T = b^T a^T.
  const int rows = static_cast<int>(n), cols = static_cast<int>(m), inner = static_cast<int>(k);
  const int lda = static_cast<int>(b.ld), ldb = static_cast<int>(a.ld), ldc = static_cast<int>(c.ld);
  const char ta = b.transposed ? 'T' : 'N', tb = a.transposed ? 'T' : 'N';
  if constexpr (sizeof(T) == sizeof(double)) {
    dgemm_(&ta, &tb, &rows, &cols, &inner, &alpha, b.data, &lda, a.data, &ldb, &beta, c.data, &ldc);
  } else {
    sgemm_(&ta, &tb, &rows, &cols, &inner, &alpha, b.data, &lda, a.data, &ldb, &beta, c.data, &ldc);
  }
}

}  // namespace infograd::blas
