// Private: the LAPACK and BLAS routines of cpu_linalg, through the Fortran names that every implementation
// has.
#pragma once

namespace infograd::lapack {

// Matrices are column-major: a row-major one is its own transpose here, and its lower triangle the upper one.
template <class T>
using Syevd = void(const char* jobz, const char* uplo, const int* n, T* a, const int* lda, T* w, T* work,
                   const int* lwork, int* iwork, const int* liwork, int* info);
template <class T>
using Sytrd = void(const char* uplo, const int* n, T* a, const int* lda, T* d, T* e, T* tau, T* work,
                   const int* lwork, int* info);
template <class T>
using Sterf = void(const int* n, T* d, T* e, int* info);
template <class T>
using Stemr = void(const char* jobz, const char* range, const int* n, T* d, T* e, const T* vl, const T* vu,
                   const int* il, const int* iu, int* m, T* w, T* z, const int* ldz, const int* nzc,
                   int* isuppz, int* tryrac, T* work, const int* lwork, int* iwork, const int* liwork,
                   int* info);
template <class T>
using Stedc = void(const char* compz, const int* n, T* d, T* e, T* z, const int* ldz, T* work,
                   const int* lwork, int* iwork, const int* liwork, int* info);
template <class T>
using Ormtr = void(const char* side, const char* uplo, const char* trans, const int* m, const int* n,
                   const T* a, const int* lda, const T* tau, T* c, const int* ldc, T* work, const int* lwork,
                   int* info);
template <class T>
using Potrf = void(const char* uplo, const int* n, T* a, const int* lda, int* info);
template <class T>
using Geqrf = void(const int* m, const int* n, T* a, const int* lda, T* tau, T* work, const int* lwork,
                   int* info);
template <class T>
using Orgqr = void(const int* m, const int* n, const int* k, T* a, const int* lda, const T* tau, T* work,
                   const int* lwork, int* info);
template <class T>
using Getrf = void(const int* m, const int* n, T* a, const int* lda, int* ipiv, int* info);
template <class T>
using Gesv = void(const int* n, const int* nrhs, T* a, const int* lda, int* ipiv, T* b, const int* ldb,
                  int* info);
template <class T>
using Trsm = void(const char* side, const char* uplo, const char* trans, const char* diag, const int* m,
                  const int* n, const T* alpha, const T* a, const int* lda, T* b, const int* ldb);
template <class T>
using Syrk = void(const char* uplo, const char* trans, const int* n, const int* k, const T* alpha, const T* a,
                  const int* lda, const T* beta, T* c, const int* ldc);

extern "C" {
Syevd<float> ssyevd_;
Syevd<double> dsyevd_;
Sytrd<float> ssytrd_;
Sytrd<double> dsytrd_;
Sterf<float> ssterf_;
Sterf<double> dsterf_;
Stemr<float> sstemr_;
Stemr<double> dstemr_;
Stedc<float> sstedc_;
Stedc<double> dstedc_;
Ormtr<float> sormtr_;
Ormtr<double> dormtr_;
Potrf<float> spotrf_;
Potrf<double> dpotrf_;
Geqrf<float> sgeqrf_;
Geqrf<double> dgeqrf_;
Orgqr<float> sorgqr_;
Orgqr<double> dorgqr_;
Getrf<float> sgetrf_;
Getrf<double> dgetrf_;
Gesv<float> sgesv_;
Gesv<double> dgesv_;
Trsm<float> strsm_;
Trsm<double> dtrsm_;
Syrk<float> ssyrk_;
Syrk<double> dsyrk_;
}

template <class T>
struct Lapack;
template <>
struct Lapack<float> {
  static constexpr auto syevd = ssyevd_;
  static constexpr auto sytrd = ssytrd_;
  static constexpr auto sterf = ssterf_;
  static constexpr auto stemr = sstemr_;
  static constexpr auto stedc = sstedc_;
  static constexpr auto ormtr = sormtr_;
  static constexpr auto potrf = spotrf_;
  static constexpr auto geqrf = sgeqrf_;
  static constexpr auto orgqr = sorgqr_;
  static constexpr auto getrf = sgetrf_;
  static constexpr auto gesv = sgesv_;
  static constexpr auto trsm = strsm_;
  static constexpr auto syrk = ssyrk_;
};
template <>
struct Lapack<double> {
  static constexpr auto syevd = dsyevd_;
  static constexpr auto sytrd = dsytrd_;
  static constexpr auto sterf = dsterf_;
  static constexpr auto stemr = dstemr_;
  static constexpr auto stedc = dstedc_;
  static constexpr auto ormtr = dormtr_;
  static constexpr auto potrf = dpotrf_;
  static constexpr auto geqrf = dgeqrf_;
  static constexpr auto orgqr = dorgqr_;
  static constexpr auto getrf = dgetrf_;
  static constexpr auto gesv = dgesv_;
  static constexpr auto trsm = dtrsm_;
  static constexpr auto syrk = dsyrk_;
};

}  // namespace infograd::lapack
