#include <infograd/backends/cuda/linalg_body.h>
#include <infograd/backends/cuda/linalg_kernels.h>
#include <infograd/backends/cuda/stream.h>
#include <infograd/backends/visit_real.h>

namespace infograd::cuda {

template <class Body>
__global__ void __launch_bounds__(kThreads) each_kernel(Body body, int64_t n) {
  const int64_t i = int64_t{blockIdx.x} * kThreads + threadIdx.x;
  if (i < n) body.run(i);
}

template <class T>
__global__ void __launch_bounds__(kThreads) determinant_kernel(Determinant<T> body) {
  __shared__ typename Determinant<T>::Value values[kThreads];
  const int thread = static_cast<int>(threadIdx.x);
  values[thread] = body.lane(thread);
  for (int half = kThreads / 2; half > 0; half /= 2) {
    __syncthreads();
    if (thread < half) values[thread] = Determinant<T>::add(values[thread], values[thread + half]);
  }
  if (thread == 0) body.write(values[0]);
}

namespace {

template <class Body>
void launch(const char* op, const Body& body, int64_t n) {
  each_kernel<<<blocks_for(n, kThreads), kThreads, 0, stream()>>>(body, n);
  check_launch(op);
}

}  // namespace

void keep_lower(const View& a) {
  visit_real(a.dtype, [&](auto zero) {
    using T = decltype(zero);
    launch("linalg.cholesky", KeepLower<T>{a.as<T>(), a.shape[1]}, a.numel());
  });
}

void take_r(const ConstView& columns, const View& r, void* signs) {
  visit_real(r.dtype, [&](auto zero) {
    using T = decltype(zero);
    launch("linalg.qr",
           TakeR<T>{columns.as<T>(), r.as<T>(), static_cast<T*>(signs), columns.shape[1], r.shape[1]},
           r.numel());
  });
}

void write_determinant(const ConstView& lu, const int* pivots, const int* info, const View& sign,
                       const View& logabsdet) {
  visit_real(lu.dtype, [&](auto zero) {
    using T = decltype(zero);
    determinant_kernel<<<1, kThreads, 0, stream()>>>(
        Determinant<T>{lu.as<T>(), pivots, info, sign.as<T>(), logabsdet.as<T>(), lu.shape[0]});
    check_launch("linalg.slogdet");
  });
}

void finish_distances(const View& out, const ConstView& x, const ConstView& y, const ConstView& x_squares,
                      const ConstView& y_squares) {
  visit_real(out.dtype, [&](auto zero) {
    using T = decltype(zero);
    launch("squared_distances",
           Distances<T>{out.as<T>(), x.as<T>(), y.as<T>(), x_squares.as<T>(), y_squares.as<T>(), out.shape[0],
                        out.shape[1], x.shape[1]},
           out.numel());
  });
}

}  // namespace infograd::cuda
