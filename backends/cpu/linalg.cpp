// Factorisations by LAPACK. It sees row-major matrices transposed; the contract of linalg.h is made for that.
#include <algorithm>
#include <cmath>
#include <limits>

#include <infograd/backends/cpu/cpu_linalg.h>
#include <infograd/backends/cpu/lapack.h>
#include <infograd/backends/element.h>
#include <infograd/backends/visit_real.h>
#include <infograd/core/allocator.h>
#include <infograd/core/check.h>
#include <infograd/core/parallel.h>

namespace infograd {

namespace {

using lapack::Lapack;

int extent(const ConstView& view, int axis) {
  return static_cast<int>(view.shape[axis]);
}

/// Uninitialised room from the caching allocator.
template <class T>
class Room {
 public:
  explicit Room(int64_t count) : memory_(static_cast<size_t>(count) * sizeof(T)) {}
  T* data() const { return memory_.as<T>(); }

 private:
  memory::Scratch memory_;
};

/// Columns that a blocked routine works on at a time: workspace per row.
constexpr int kBlock = 64;

/// LAPACK opens a parallel region or more per column. Below this order that gains little, and on a busy
/// machine it costs thirty times what it saves.
constexpr int kThreadedOrder = 512;

/// One thread for a small matrix, all there are for a large one.
class ThreadsFor {
 public:
  explicit ThreadsFor(int n) : before_(num_threads()) {
    if (n < kThreadedOrder && before_ > 1) set_num_threads(1);
  }
  ~ThreadsFor() {
    if (num_threads() != before_) set_num_threads(before_);
  }
  ThreadsFor(const ThreadsFor&) = delete;
  ThreadsFor& operator=(const ThreadsFor&) = delete;

 private:
  int before_;
};

void check_converged(const char* routine, int info, int n) {
  check<Error>(info == 0, "linalg.eigh: LAPACK {} did not converge on a {} x {} matrix (info {})", routine, n,
               n, info);
}

/// A symmetric tridiagonal matrix.
template <class T>
struct Tridiagonal {
  explicit Tridiagonal(int size) : n(size), diagonal(size), off(size) {}
  int n;
  Room<T> diagonal, off;  // destroyed by what follows
};

/// Up to this part of the vectors, one by one is faster than all by divide and conquer (measured at n = 256).
constexpr int kFewVectors = 8;

/// Vectors of the k largest eigenvalues, one by one.
template <class T>
void few_vectors(const Tridiagonal<T>& t, int k, T* z) {
  const int first = t.n - k + 1, lwork = 18 * t.n, liwork = 10 * t.n;
  const Room<T> work(lwork), found(t.n);
  const Room<int> integers(liwork), support(2 * k);
  const T unused = 0;
  int count = 0, accurate = 1, info = 0;
  Lapack<T>::stemr("V", "I", &t.n, t.diagonal.data(), t.off.data(), &unused, &unused, &first, &t.n, &count,
                   found.data(), z, &t.n, &k, support.data(), &accurate, work.data(), &lwork, integers.data(),
                   &liwork, &info);
  check_converged("stemr", info, t.n);
}

/// The same by all of them.
template <class T>
void many_vectors(const Tridiagonal<T>& t, int k, T* z) {
  const int n = t.n, lwork = 1 + 4 * n + n * n, liwork = 3 + 5 * n;
  const int64_t all_entries = int64_t{n} * n, entries = int64_t{k} * n;
  const Room<T> all(all_entries), work(lwork);
  const Room<int> integers(liwork);
  int info = 0;
  Lapack<T>::stedc("I", &n, t.diagonal.data(), t.off.data(), all.data(), &n, work.data(), &lwork,
                   integers.data(), &liwork, &info);
  check_converged("stedc", info, n);
  std::copy_n(all.data() + (all_entries - entries), entries, z);
}

template <class T>
void top_eigenvectors(View a, View values, const EigenvectorRoom& room) {
  const int n = extent(a, 0);
  const Tridiagonal<T> t(n);
  const Room<T> tau(n), off_copy(n);
  int info = 0;
  {
    const int lwork = kBlock * n;
    const Room<T> work(lwork);
    Lapack<T>::sytrd("U", &n, a.as<T>(), &n, t.diagonal.data(), t.off.data(), tau.data(), work.data(), &lwork,
                     &info);
  }
  std::copy_n(t.diagonal.data(), n, values.as<T>());
  std::copy_n(t.off.data(), n - 1, off_copy.data());
  Lapack<T>::sterf(&n, values.as<T>(), off_copy.data(), &info);
  check_converged("sterf", info, n);

  const View vectors = room(values);
  const int k = extent(vectors, 0), lwork = kBlock * k;
  if (k == 0) return;
  auto* z = vectors.as<T>();
  if (k * kFewVectors <= n)
    few_vectors(t, k, z);
  else
    many_vectors(t, k, z);
  const Room<T> work(lwork);
  Lapack<T>::ormtr("L", "U", "N", &n, &k, a.as<T>(), &n, tau.data(), z, &n, work.data(), &lwork, &info);
}

template <class T>
void factor_qr(View at, View r) {
  const int m = extent(at, 1), n = extent(at, 0), k = std::min(m, n);
  const int lwork = kBlock * n;
  const Room<T> tau(k), work(lwork);
  auto* q = at.as<T>();
  int info = 0;
  Lapack<T>::geqrf(&m, &n, q, &m, tau.data(), work.data(), &lwork, &info);
  auto* out = r.as<T>();
  for (int64_t i = 0; i < k; ++i)
    for (int64_t j = 0; j < n; ++j) out[i * n + j] = j < i ? T{0} : q[j * m + i];
  Lapack<T>::orgqr(&m, &k, &k, q, &m, tau.data(), work.data(), &lwork, &info);
  for (int64_t i = 0; i < k; ++i) {  // a diagonal >= 0 makes the factors unique
    if (!(out[i * n + i] < 0)) continue;
    for (int64_t j = i; j < n; ++j) out[i * n + j] = -out[i * n + j];
    for (int64_t j = 0; j < m; ++j) q[i * m + j] = -q[i * m + j];
  }
}

template <class T>
void determinant(View a, View sign, View logabsdet) {
  const int n = extent(a, 0);
  const Room<int> pivots(n);
  auto* lu = a.as<T>();
  int info = 0;
  Lapack<T>::getrf(&n, &n, lu, &n, pivots.data(), &info);
  double s = 1, log_size = 0;
  for (int64_t i = 0; i < n; ++i) {
    const double pivot = static_cast<double>(lu[i * n + i]);
    if (pivot < 0) s = -s;
    if (pivots.data()[i] != i + 1) s = -s;
    log_size += std::log(std::abs(pivot));
  }
  if (info > 0) s = 0, log_size = -std::numeric_limits<double>::infinity();
  *sign.as<T>() = static_cast<T>(std::isnan(log_size) ? log_size : s);
  *logabsdet.as<T>() = static_cast<T>(log_size);
}

}  // namespace

void CpuLinalg::eigh(View a, View values) {
  const ThreadsFor threads(extent(a, 0));
  visit_real(a.dtype, [&](auto zero) {
    using T = decltype(zero);
    const int n = extent(a, 0), lwork = 1 + 6 * n + 2 * n * n, liwork = 3 + 5 * n;
    const Room<T> work(lwork);
    const Room<int> integers(liwork);
    int info = 0;
    Lapack<T>::syevd("V", "U", &n, a.as<T>(), &n, values.as<T>(), work.data(), &lwork, integers.data(),
                     &liwork, &info);
    check_converged("syevd", info, n);
  });
}

void CpuLinalg::eigh_top(View a, View values, const EigenvectorRoom& room) {
  const ThreadsFor threads(extent(a, 0));
  visit_real(a.dtype, [&](auto zero) { top_eigenvectors<decltype(zero)>(a, values, room); });
}

int64_t CpuLinalg::cholesky(View a) {
  const ThreadsFor threads(extent(a, 0));
  return visit_real(a.dtype, [&](auto zero) -> int64_t {
    using T = decltype(zero);
    const int n = extent(a, 0);
    int info = 0;
    Lapack<T>::potrf("U", &n, a.as<T>(), &n, &info);
    for (int64_t i = 0; i < n; ++i) std::fill_n(a.as<T>() + i * n + i + 1, n - 1 - i, T{0});
    return info;
  });
}

void CpuLinalg::solve_triangular(ConstView a, View b, bool upper, bool transposed) {
  visit_real(a.dtype, [&](auto zero) {
    using T = decltype(zero);
    // X^T op(A)^T = B^T: from the right, on the other triangle.
    const int n = extent(b, 0), k = extent(b, 1);
    const T one = 1;
    Lapack<T>::trsm("R", upper ? "L" : "U", transposed ? "T" : "N", "N", &k, &n, &one, a.as<T>(), &n,
                    b.as<T>(), &k);
  });
}

void CpuLinalg::qr(View at, View r) {
  const ThreadsFor threads(std::min(extent(at, 0), extent(at, 1)));
  visit_real(at.dtype, [&](auto zero) { factor_qr<decltype(zero)>(at, r); });
}

int64_t CpuLinalg::solve(View at, View bt) {
  const ThreadsFor threads(extent(at, 0));
  return visit_real(at.dtype, [&](auto zero) -> int64_t {
    using T = decltype(zero);
    const int n = extent(at, 0), k = extent(bt, 0);
    const Room<int> pivots(n);
    int info = 0;
    Lapack<T>::gesv(&n, &k, at.as<T>(), &n, pivots.data(), bt.as<T>(), &n, &info);
    return info;
  });
}

void CpuLinalg::slogdet(View a, View sign, View logabsdet) {
  visit_real(a.dtype, [&](auto zero) { determinant<decltype(zero)>(a, sign, logabsdet); });
}

}  // namespace infograd
