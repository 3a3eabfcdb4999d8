// Factorisations by cuSOLVER, triangular systems by cuBLAS, distances by a product and a kernel.
#include <limits>
#include <mutex>

#include <cublas_v2.h>
#include <cusolverDn.h>

#include <infograd/backends/capture.h>
#include <infograd/backends/cuda/cuda_backend.h>
#include <infograd/backends/cuda/cuda_linalg.h>
#include <infograd/backends/cuda/library_calls.h>
#include <infograd/backends/cuda/linalg_kernels.h>
#include <infograd/backends/cuda/linalg_plan.h>
#include <infograd/backends/cuda/per_device.h>
#include <infograd/backends/cuda/runtime.h>
#include <infograd/backends/cuda/stream.h>
#include <infograd/backends/cuda_device.h>
#include <infograd/backends/visit_real.h>
#include <infograd/core/check.h>

namespace infograd {

using namespace cuda;

namespace {

void check_solver(const char* op, cusolverStatus_t status) {
  if (status == CUSOLVER_STATUS_SUCCESS) [[likely]]
    return;
  const char* const advice = status == CUSOLVER_STATUS_ALLOC_FAILED    ? "; the device is out of memory"
                             : status == CUSOLVER_STATUS_ARCH_MISMATCH ? "; it has no code for this GPU"
                             : status == CUSOLVER_STATUS_NOT_INITIALIZED
                                 ? "; the driver may be older than the library, or the device "
                                   "out of memory"
                                 : "; INFOGRAD_CUDA_SYNC=1 tells whether an earlier kernel "
                                   "failed";
  fail<DeviceError>("linalg.{}: cuSOLVER fails with status {}{}", op, static_cast<int>(status), advice);
}
/// Of a call that queued work.
void check_queued(const char* op, cusolverStatus_t status) {
  check_solver(op, status);
  check_library_call(op);
}
void check_blas(const char* op, cublasStatus_t status) {
  if (status != CUBLAS_STATUS_SUCCESS) [[unlikely]]
    fail<DeviceError>("linalg.{}: cuBLAS says {}", op, cublasGetStatusString(status));
}

/// The routines of one element type.
template <class T>
struct Routines;
template <>
struct Routines<float> {
  static constexpr auto potrf_room = cusolverDnSpotrf_bufferSize;
  static constexpr auto potrf = cusolverDnSpotrf;
  static constexpr auto getrf_room = cusolverDnSgetrf_bufferSize;
  static constexpr auto getrf = cusolverDnSgetrf;
  static constexpr auto getrs = cusolverDnSgetrs;
  static constexpr auto geqrf_room = cusolverDnSgeqrf_bufferSize;
  static constexpr auto geqrf = cusolverDnSgeqrf;
  static constexpr auto orgqr_room = cusolverDnSorgqr_bufferSize;
  static constexpr auto orgqr = cusolverDnSorgqr;
  static constexpr auto syevd_room = cusolverDnSsyevd_bufferSize;
  static constexpr auto syevd = cusolverDnSsyevd;
  static constexpr auto trsm = cublasStrsm;
};
template <>
struct Routines<double> {
  static constexpr auto potrf_room = cusolverDnDpotrf_bufferSize;
  static constexpr auto potrf = cusolverDnDpotrf;
  static constexpr auto getrf_room = cusolverDnDgetrf_bufferSize;
  static constexpr auto getrf = cusolverDnDgetrf;
  static constexpr auto getrs = cusolverDnDgetrs;
  static constexpr auto geqrf_room = cusolverDnDgeqrf_bufferSize;
  static constexpr auto geqrf = cusolverDnDgeqrf;
  static constexpr auto orgqr_room = cusolverDnDorgqr_bufferSize;
  static constexpr auto orgqr = cusolverDnDorgqr;
  static constexpr auto syevd_room = cusolverDnDsyevd_bufferSize;
  static constexpr auto syevd = cusolverDnDsyevd;
  static constexpr auto trsm = cublasDtrsm;
};

int to_int(const char* op, int64_t n) {
  if (n > std::numeric_limits<int>::max())
    fail<NotImplemented>("linalg.{}: an extent of {}; the library counts with 32 bits", op, n);
  return static_cast<int>(n);
}

/// The libraries of one device. Calls on it come one after the other.
class Libraries {
 public:
  /// Held while one of them is used on the stream of this call.
  struct Use {
    std::unique_lock<std::mutex> lock;
    cusolverDnHandle_t solver;
    cublasHandle_t blas;
  };
  Use use(const char* op) {
    std::unique_lock lock(mutex_);
    if (solver_ == nullptr) {
      check_solver(op, create_handle([&] { return cusolverDnCreate(&solver_); }));
      check_solver(op, cusolverDnSetDeterministicMode(solver_, CUSOLVER_DETERMINISTIC_RESULTS));
    }
    if (blas_ == nullptr) check_blas(op, create_handle([&] { return cublasCreate(&blas_); }));
    check_solver(op, cusolverDnSetStream(solver_, stream()));
    check_blas(op, cublasSetStream(blas_, stream()));
    return {std::move(lock), solver_, blas_};
  }

 private:
  std::mutex mutex_;
  cusolverDnHandle_t solver_ = nullptr;
  cublasHandle_t blas_ = nullptr;
};

/// Those of the current device; never destroyed, as its stream.
Libraries::Use libraries(const char* op) {
  return of_device<Libraries>(current_device()).use(op);
}

template <class T>
Scratch room_for(int64_t count) {
  return Scratch(static_cast<size_t>(count) * sizeof(T));
}

/// Where a routine leaves its info code.
class Info {
 public:
  int* device() const { return memory_.as<int>(); }
  /// Waits for it.
  int read(const char* op) const {
    int value = 0;
    cuda::check(cudaMemcpyAsync(&value, device(), sizeof value, cudaMemcpyDeviceToHost, stream()), op);
    cuda::wait(op);
    return value;
  }

 private:
  Scratch memory_{sizeof(int)};
};

/// cuSOLVER does not promise that its work can be recorded, and most of it is followed by a wait.
void refuse_in_capture(const char* op) {
  infograd::check<Error>(
      Capture::current() == nullptr,
      "linalg.{}: a factorisation cannot be part of a captured step (cuda::Graph); leave it "
      "out of the step, or run it before",
      op);
}

constexpr cublasFillMode_t fill_mode(bool upper) {
  return upper ? CUBLAS_FILL_MODE_UPPER : CUBLAS_FILL_MODE_LOWER;
}

/// a, a square matrix by columns, becomes its factors.
template <class T>
void factor_lu(const char* op, const Libraries::Use& use, T* a, int n, int* pivots, const Info& info) {
  int count = 0;
  check_solver(op, Routines<T>::getrf_room(use.solver, n, n, a, n, &count));
  const Scratch work = room_for<T>(count);
  check_queued(op, Routines<T>::getrf(use.solver, n, n, a, n, work.as<T>(), pivots, info.device()));
}

template <class T>
int64_t solve_system(View at, View bt) {
  constexpr const char* kOp = "solve";
  const SolvePlan plan = plan_solve(at, bt);
  const int n = to_int(kOp, plan.order), columns = to_int(kOp, plan.columns);
  const Info info;
  const Scratch pivots = room_for<int>(n);
  {
    const Libraries::Use use = libraries(kOp);
    factor_lu(kOp, use, at.as<T>(), n, pivots.as<int>(), info);
  }
  if (const int singular = info.read(kOp); singular != 0) return singular;
  const Libraries::Use use = libraries(kOp);
  check_queued(kOp, Routines<T>::getrs(use.solver, CUBLAS_OP_N, n, columns, at.as<T>(), n, pivots.as<int>(),
                                       bt.as<T>(), n, info.device()));
  return 0;
}

template <class T>
void factor_qr(Backend& backend, View at, View r) {
  constexpr const char* kOp = "qr";
  const QrPlan plan = plan_qr(at);
  const int m = to_int(kOp, plan.rows), n = to_int(kOp, plan.columns), k = to_int(kOp, plan.reflectors);
  const Info info;
  const Scratch tau = room_for<T>(k), signs = room_for<T>(k);
  auto* const a = at.as<T>();
  {
    const Libraries::Use use = libraries(kOp);
    int count = 0;
    check_solver(kOp, Routines<T>::geqrf_room(use.solver, m, n, a, m, &count));
    const Scratch work = room_for<T>(count);
    check_queued(kOp,
                 Routines<T>::geqrf(use.solver, m, n, a, m, tau.as<T>(), work.as<T>(), count, info.device()));
  }
  take_r(at, r, signs.data());
  {
    const Libraries::Use use = libraries(kOp);
    int count = 0;
    check_solver(kOp, Routines<T>::orgqr_room(use.solver, m, k, k, a, m, tau.as<T>(), &count));
    const Scratch work = room_for<T>(count);
    check_queued(
        kOp, Routines<T>::orgqr(use.solver, m, k, k, a, m, tau.as<T>(), work.as<T>(), count, info.device()));
  }
  const View q(a, at.dtype, {k, m}, {m, 1});
  backend.binary(BinaryOp::mul, q, q, ConstView(signs.data(), at.dtype, {k, m}, {1, 0}), 1);
}

/// Row-major without gaps, of the dtype of `like`.
View view_of(const Scratch& memory, DType dtype, const Shape& shape) {
  return {memory.data(), dtype, shape, contiguous_strides(shape)};
}

}  // namespace

void CudaLinalg::eigh(View a, View values) {
  const DeviceGuard guard(index_);
  refuse_in_capture("eigh");
  const int n = to_int("eigh", a.shape[0]);
  const Info info;
  visit_real(a.dtype, [&](auto zero) {
    using T = decltype(zero);
    const Libraries::Use use = libraries("eigh");
    int count = 0;
    constexpr auto kMode = CUSOLVER_EIG_MODE_VECTOR;
    check_solver("eigh", Routines<T>::syevd_room(use.solver, kMode, fill_mode(kSymmetricUpper), n, a.as<T>(),
                                                 n, values.as<T>(), &count));
    const Scratch work = room_for<T>(count);
    check_queued("eigh", Routines<T>::syevd(use.solver, kMode, fill_mode(kSymmetricUpper), n, a.as<T>(), n,
                                            values.as<T>(), work.as<T>(), count, info.device()));
  });
  const int found = info.read("eigh");
  infograd::check<Error>(
      found == 0, "linalg.eigh: cuSOLVER syevd did not converge on a {} x {} matrix (info {})", n, n, found);
}

void CudaLinalg::eigh_top(View a, View values, const EigenvectorRoom& room) {
  eigh(a, values);
  const View vectors = room(values);
  const int64_t n = a.shape[0], k = vectors.shape[0];
  const size_t skipped = static_cast<size_t>((n - k) * n) * item_size(a.dtype);
  cuda_backend(index_).copy(vectors, ConstView(a.as<std::byte>() + skipped, a.dtype, vectors.shape, {n, 1}));
}

int64_t CudaLinalg::cholesky(View a) {
  const DeviceGuard guard(index_);
  refuse_in_capture("cholesky");
  const int n = to_int("cholesky", a.shape[0]);
  const Info info;
  visit_real(a.dtype, [&](auto zero) {
    using T = decltype(zero);
    const Libraries::Use use = libraries("cholesky");
    int count = 0;
    check_solver("cholesky",
                 Routines<T>::potrf_room(use.solver, fill_mode(kSymmetricUpper), n, a.as<T>(), n, &count));
    const Scratch work = room_for<T>(count);
    check_queued("cholesky", Routines<T>::potrf(use.solver, fill_mode(kSymmetricUpper), n, a.as<T>(), n,
                                                work.as<T>(), count, info.device()));
  });
  keep_lower(a);
  return info.read("cholesky");
}

void CudaLinalg::solve_triangular(ConstView a, View b, bool upper, bool transposed) {
  const DeviceGuard guard(index_);
  constexpr const char* kOp = "solve_triangular";
  const TriangularPlan plan = plan_triangular(a, b, upper, transposed);
  const int rows = to_int(kOp, plan.rows), columns = to_int(kOp, plan.columns), lda = to_int(kOp, plan.lda),
            ldb = to_int(kOp, plan.ldb);
  visit_real(a.dtype, [&](auto zero) {
    using T = decltype(zero);
    const Libraries::Use use = libraries(kOp);
    const T one = 1;
    check_blas(kOp,
               Routines<T>::trsm(use.blas, plan.from_right ? CUBLAS_SIDE_RIGHT : CUBLAS_SIDE_LEFT,
                                 fill_mode(plan.upper), plan.transposed ? CUBLAS_OP_T : CUBLAS_OP_N,
                                 CUBLAS_DIAG_NON_UNIT, rows, columns, &one, a.as<T>(), lda, b.as<T>(), ldb));
    check_library_call(kOp);
  });
}

void CudaLinalg::qr(View at, View r) {
  const DeviceGuard guard(index_);
  refuse_in_capture("qr");
  visit_real(at.dtype, [&](auto zero) { factor_qr<decltype(zero)>(cuda_backend(index_), at, r); });
}

int64_t CudaLinalg::solve(View at, View bt) {
  const DeviceGuard guard(index_);
  refuse_in_capture("solve");
  return visit_real(at.dtype, [&](auto zero) { return solve_system<decltype(zero)>(at, bt); });
}

void CudaLinalg::slogdet(View a, View sign, View logabsdet) {
  const DeviceGuard guard(index_);
  refuse_in_capture("slogdet");
  const int n = to_int("slogdet", a.shape[0]);
  const Info info;
  const Scratch pivots = room_for<int>(n);
  visit_real(a.dtype, [&](auto zero) {
    const Libraries::Use use = libraries("slogdet");
    factor_lu("slogdet", use, a.as<decltype(zero)>(), n, pivots.as<int>(), info);
  });
  write_determinant(a, pivots.as<int>(), info.device(), sign, logabsdet);
}

void CudaLinalg::squared_distances(View out, ConstView x, ConstView y) {
  constexpr int64_t kShort = 32;  // so few differences cost less than a product and its correction
  const DeviceGuard guard(index_);
  const int64_t m = x.shape[0], depth = x.shape[1], n = out.shape[1];
  if (depth <= kShort) return finish_distances(out, x, y, {}, {});
  Backend& backend = cuda_backend(index_);
  const size_t item = item_size(x.dtype);
  const Scratch of_x(static_cast<size_t>(m) * item), of_y(y ? static_cast<size_t>(n) * item : 0);
  const View x_squares = view_of(of_x, x.dtype, {m, 1}), y_squares = view_of(of_y, x.dtype, {n, 1});
  backend.reduce(ReduceOp::sum_squares, x_squares, x, 0);
  if (y) backend.reduce(ReduceOp::sum_squares, y_squares, y, 0);
  {
    const TensorFloatScope exact(false);  // ten bits would cancel
    backend.gemm(
        {.out = out, .a = x, .b = ConstView((y ? y : x).data, x.dtype, {depth, n}, {1, depth}), .bias = {}});
  }
  finish_distances(out, x, y, x_squares, y ? ConstView(y_squares) : ConstView(x_squares));
}

LinalgBackend& cuda_linalg(int index) {
  if (index < 0 || index >= memory::kMaxDevices) cuda::runtime::check_device("linalg", index);
  return cuda::of_device<CudaLinalg>(index, index);
}

}  // namespace infograd
