#include <infograd/backends/cuda/cuda_backend.h>
#include <infograd/backends/cuda/random_body.h>
#include <infograd/backends/cuda/stream.h>

namespace infograd {

namespace cuda {

template <class Draw, class T>
__global__ void __launch_bounds__(kThreads)
    draw_kernel(Draw draw, PhiloxSource key, int64_t n, bool packed, T* out) {
  draw_block(draw, key_of(key), int64_t{blockIdx.x} * kThreads + threadIdx.x, n, packed, out);
}

template <class T>
__global__ void __launch_bounds__(kThreads)
    dropout_kernel(Dropout<T> drop, PhiloxSource key, int64_t n, T* out, const T* x) {
  drop_block(drop, key_of(key), int64_t{blockIdx.x} * kThreads + threadIdx.x, n, out, x);
}

template <class T>
__global__ void __launch_bounds__(kThreads)
    strided_dropout_kernel(Dropout<T> drop, PhiloxSource key, int64_t first, int64_t n, Offsets<3> offsets,
                           T* out, const T* x) {
  const int64_t i = int64_t{blockIdx.x} * kThreads + threadIdx.x;
  if (i < n) drop_element(drop, key_of(key), first, i, offsets, out, x);
}

namespace {

PhiloxSource source_of(const PhiloxKey& key) {
  const Capture* capture = Capture::current();
  return capture != nullptr ? capture->source_of(key) : PhiloxSource{key};
}

template <class Draw, class T>
void launch_draw(const Draw& draw, const RandomArgs& args, T* out) {
  const int64_t n = args.out.numel();
  draw_kernel<<<blocks_for(n, kThreads * kItems), kThreads, 0, stream()>>>(draw, source_of(args.key), n,
                                                                           packable(out), out);
  check_launch("random");
}

}  // namespace
}  // namespace cuda

using namespace cuda;

void CudaBackend::random(const RandomArgs& args) {
  if (args.out.numel() == 0) return;
  const DeviceGuard guard(index_);
  visit_dtype(args.out.dtype, [&](auto zero) {
    using T = decltype(zero);
    T* out = args.out.as<T>();
    if (args.kind == RandomKind::integers) {
      if (!(args.b > args.a && args.b - args.a <= 0x1p32))
        throw ValueError("random integers: the range " + std::to_string(args.a) + " .. " +
                         std::to_string(args.b) + " must hold 1 to 2^32 values");
      launch_draw(Integers<T>{static_cast<int64_t>(args.a), static_cast<uint64_t>(args.b - args.a)}, args,
                  out);
    } else if (args.kind == RandomKind::bernoulli) {
      launch_draw(Bernoulli<T>{args.a}, args, out);
    } else if constexpr (is_floating_v<T>) {
      using D = Drawn<T>;
      if (args.kind == RandomKind::uniform)
        launch_draw(Uniform<T>{static_cast<D>(args.a), static_cast<D>(args.b)}, args, out);
      else
        launch_draw(Normal<T>{args.a, args.b}, args, out);
    } else {
      throw_dtype("a real random number", args.out.dtype);
    }
  });
}

void CudaBackend::dropout(View out, ConstView x, double p, PhiloxKey key) {
  const int64_t n = x.numel();
  if (n == 0) return;
  const DeviceGuard guard(index_);
  visit_floating("dropout", x.dtype, [&](auto zero) {
    using T = decltype(zero);
    const Dropout<T> drop{p, static_cast<typename Compute<T>::type>(p < 1 ? 1 / (1 - p) : 0)};
    const PhiloxSource source = source_of(key);
    T* to = out.as<T>();
    const T* from = x.as<T>();
    if (out.is_contiguous() && x.is_contiguous() && packable(to) && packable(from)) {
      dropout_kernel<<<blocks_for(n, kThreads * kItems), kThreads, 0, stream()>>>(drop, source, n, to, from);
    } else {  // the mask goes by the number of an element in row-major order
      const Strides number = contiguous_strides(x.shape);
      const auto loop = collapse<3>(x.shape, {&number, &out.strides, &x.strides}, Order::row_major);
      for_each_part<3>(loop, [&](const Loop<3>& part, const std::array<int64_t, 3>& first) {
        strided_dropout_kernel<<<blocks_for(part.numel, kThreads), kThreads, 0, stream()>>>(
            drop, source, first[0], part.numel, Offsets<3>(part), to + first[1], from + first[2]);
      });
    }
    check_launch("dropout");
  });
}

}  // namespace infograd
