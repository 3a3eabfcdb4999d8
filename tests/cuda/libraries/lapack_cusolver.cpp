// cuSOLVER's routines of this library by LAPACK, and the triangular systems of cuBLAS by BLAS: all count by
// columns.
#include <vector>

#include <cublas_v2.h>
#include <cusolverDn.h>

#include <infograd/backends/cpu/lapack.h>

#include "tests/cuda/streams/lazy_cuda.h"

template <class T>
using Getrs = void(const char* trans, const int* n, const int* nrhs, const T* a, const int* lda,
                   const int* ipiv, T* b, const int* ldb, int* info);
extern "C" {
Getrs<float> sgetrs_;
Getrs<double> dgetrs_;
}

namespace {

using infograd::lapack::Lapack;
using infograd::lazy::run_on;

cudaStream_t solver_stream, blas_stream;

void getrs(const char* t, const int* n, const int* k, const float* a, const int* lda, const int* p, float* b,
           const int* ldb, int* info) {
  sgetrs_(t, n, k, a, lda, p, b, ldb, info);
}
void getrs(const char* t, const int* n, const int* k, const double* a, const int* lda, const int* p,
           double* b, const int* ldb, int* info) {
  dgetrs_(t, n, k, a, lda, p, b, ldb, info);
}

constexpr const char* letter(cublasFillMode_t mode) {
  return mode == CUBLAS_FILL_MODE_UPPER ? "U" : "L";
}
constexpr const char* letter(cublasOperation_t op) {
  return op == CUBLAS_OP_T ? "T" : "N";
}

}  // namespace

extern "C" {

cusolverStatus_t cusolverDnCreate(cusolverDnHandle_t* handle) {
  static int one;
  *handle = reinterpret_cast<cusolverDnHandle_t>(&one);
  return CUSOLVER_STATUS_SUCCESS;
}
cusolverStatus_t cusolverDnSetDeterministicMode(cusolverDnHandle_t, cusolverDeterministicMode_t mode) {
  return mode == CUSOLVER_DETERMINISTIC_RESULTS ? CUSOLVER_STATUS_SUCCESS : CUSOLVER_STATUS_INVALID_VALUE;
}
cusolverStatus_t cusolverDnSetStream(cusolverDnHandle_t, cudaStream_t stream) {
  solver_stream = stream;
  return CUSOLVER_STATUS_SUCCESS;
}
cublasStatus_t cublasCreate_v2(cublasHandle_t* handle) {
  static int one;
  *handle = reinterpret_cast<cublasHandle_t>(&one);
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasSetStream_v2(cublasHandle_t, cudaStream_t stream) {
  blas_stream = stream;
  return CUBLAS_STATUS_SUCCESS;
}
const char* cublasGetStatusString(cublasStatus_t) {
  return "an error";
}

#define ROUTINES(X, T)                                                                                       \
  cusolverStatus_t cusolverDn##X##potrf_bufferSize(cusolverDnHandle_t, cublasFillMode_t, int n, T*, int,     \
                                                   int* count) {                                             \
    *count = n;                                                                                              \
    return CUSOLVER_STATUS_SUCCESS;                                                                          \
  }                                                                                                          \
  cusolverStatus_t cusolverDn##X##potrf(cusolverDnHandle_t, cublasFillMode_t mode, int n, T* a, int lda, T*, \
                                        int count, int* info) {                                              \
    if (count < n || lda < n) return CUSOLVER_STATUS_INVALID_VALUE;                                          \
    run_on(solver_stream, [=] { Lapack<T>::potrf(letter(mode), &n, a, &lda, info); });                       \
    return CUSOLVER_STATUS_SUCCESS;                                                                          \
  }                                                                                                          \
  cusolverStatus_t cusolverDn##X##getrf_bufferSize(cusolverDnHandle_t, int, int n, T*, int, int* count) {    \
    *count = n;                                                                                              \
    return CUSOLVER_STATUS_SUCCESS;                                                                          \
  }                                                                                                          \
  cusolverStatus_t cusolverDn##X##getrf(cusolverDnHandle_t, int m, int n, T* a, int lda, T*, int* pivots,    \
                                        int* info) {                                                         \
    if (lda < m) return CUSOLVER_STATUS_INVALID_VALUE;                                                       \
    run_on(solver_stream, [=] { Lapack<T>::getrf(&m, &n, a, &lda, pivots, info); });                         \
    return CUSOLVER_STATUS_SUCCESS;                                                                          \
  }                                                                                                          \
  cusolverStatus_t cusolverDn##X##getrs(cusolverDnHandle_t, cublasOperation_t op, int n, int columns,        \
                                        const T* a, int lda, const int* pivots, T* b, int ldb, int* info) {  \
    if (lda < n || ldb < n) return CUSOLVER_STATUS_INVALID_VALUE;                                            \
    run_on(solver_stream, [=] { getrs(letter(op), &n, &columns, a, &lda, pivots, b, &ldb, info); });         \
    return CUSOLVER_STATUS_SUCCESS;                                                                          \
  }                                                                                                          \
  cusolverStatus_t cusolverDn##X##geqrf_bufferSize(cusolverDnHandle_t, int, int n, T*, int, int* count) {    \
    *count = n;                                                                                              \
    return CUSOLVER_STATUS_SUCCESS;                                                                          \
  }                                                                                                          \
  cusolverStatus_t cusolverDn##X##geqrf(cusolverDnHandle_t, int m, int n, T* a, int lda, T* tau, T* work,    \
                                        int count, int* info) {                                              \
    if (lda < m || count < n) return CUSOLVER_STATUS_INVALID_VALUE;                                          \
    run_on(solver_stream, [=] { Lapack<T>::geqrf(&m, &n, a, &lda, tau, work, &count, info); });              \
    return CUSOLVER_STATUS_SUCCESS;                                                                          \
  }                                                                                                          \
  cusolverStatus_t cusolverDn##X##orgqr_bufferSize(cusolverDnHandle_t, int, int n, int, const T*, int,       \
                                                   const T*, int* count) {                                   \
    *count = n;                                                                                              \
    return CUSOLVER_STATUS_SUCCESS;                                                                          \
  }                                                                                                          \
  cusolverStatus_t cusolverDn##X##orgqr(cusolverDnHandle_t, int m, int n, int k, T* a, int lda,              \
                                        const T* tau, T* work, int count, int* info) {                       \
    if (lda < m || n > m || k > n || count < n) return CUSOLVER_STATUS_INVALID_VALUE;                        \
    run_on(solver_stream, [=] { Lapack<T>::orgqr(&m, &n, &k, a, &lda, tau, work, &count, info); });          \
    return CUSOLVER_STATUS_SUCCESS;                                                                          \
  }                                                                                                          \
  cusolverStatus_t cusolverDn##X##syevd_bufferSize(cusolverDnHandle_t, cusolverEigMode_t, cublasFillMode_t,  \
                                                   int n, const T*, int, const T*, int* count) {             \
    *count = 1 + 6 * n + 2 * n * n;                                                                          \
    return CUSOLVER_STATUS_SUCCESS;                                                                          \
  }                                                                                                          \
  cusolverStatus_t cusolverDn##X##syevd(cusolverDnHandle_t, cusolverEigMode_t, cublasFillMode_t mode, int n, \
                                        T* a, int lda, T* w, T* work, int count, int* info) {                \
    if (lda < n || count < 1 + 6 * n + 2 * n * n) return CUSOLVER_STATUS_INVALID_VALUE;                      \
    run_on(solver_stream, [=] {                                                                              \
      const int whole = 3 + 5 * n;                                                                           \
      std::vector<int> room(static_cast<size_t>(whole));                                                     \
      Lapack<T>::syevd("V", letter(mode), &n, a, &lda, w, work, &count, room.data(), &whole, info);          \
    });                                                                                                      \
    return CUSOLVER_STATUS_SUCCESS;                                                                          \
  }                                                                                                          \
  cublasStatus_t cublas##X##trsm_v2(cublasHandle_t, cublasSideMode_t side, cublasFillMode_t mode,            \
                                    cublasOperation_t op, cublasDiagType_t, int m, int n, const T* alpha,    \
                                    const T* a, int lda, T* b, int ldb) {                                    \
    const bool right = side == CUBLAS_SIDE_RIGHT;                                                            \
    if (lda < (right ? n : m) || ldb < m) return CUBLAS_STATUS_INVALID_VALUE;                                \
    run_on(blas_stream, [=, factor = *alpha] {                                                               \
      Lapack<T>::trsm(right ? "R" : "L", letter(mode), letter(op), "N", &m, &n, &factor, a, &lda, b, &ldb);  \
    });                                                                                                      \
    return CUBLAS_STATUS_SUCCESS;                                                                            \
  }
ROUTINES(S, float)
ROUTINES(D, double)
#undef ROUTINES

}  // extern "C"
