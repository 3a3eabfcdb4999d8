#include <infograd/backends/cuda/cuda_backend.h>
#include <infograd/backends/cuda/numbered.cuh>
#include <infograd/backends/cuda/pool_body.h>

namespace infograd {

using namespace cuda;

namespace {

template <class T, class Index>
void max_pool(const PoolArgs& args, const PoolWindows& windows) {
  if (args.backward)
    launch_numbered("max_pool_grad",
                    MaxPoolGrad<T, Index>{windows, Pixels(args.x.shape, args.x.strides), Images<T>(args.x),
                                          Images<const T>(args.y), Images<const Index>(args.index)},
                    args.x.numel());
  else
    launch_numbered("max_pool",
                    MaxPool<T, Index>{windows, Pixels(args.y.shape, args.y.strides), Images<const T>(args.x),
                                      Images<T>(args.y), Images<Index>(args.index)},
                    args.y.numel());
}

template <class T>
void average_pool(const PoolArgs& args, const PoolWindows& windows) {
  if (args.backward)
    launch_numbered("avg_pool_grad",
                    AveragePoolGrad<T>{windows, Pixels(args.x.shape, args.x.strides), Images<T>(args.x),
                                       Images<const T>(args.y)},
                    args.x.numel());
  else
    launch_numbered("avg_pool",
                    AveragePool<T>{windows, Pixels(args.y.shape, args.y.strides), Images<const T>(args.x),
                                   Images<T>(args.y)},
                    args.y.numel());
}

}  // namespace

void CudaBackend::pool(const PoolArgs& args) {
  const DeviceGuard guard(index_);
  const PoolWindows windows(args);
  visit_floating("pooling", args.x.dtype, [&](auto zero) {
    using T = decltype(zero);
    if (args.kind != PoolKind::max) return average_pool<T>(args, windows);
    const bool wide = args.index && args.index.dtype == DType::i64;
    return wide ? max_pool<T, int64_t>(args, windows) : max_pool<T, uint8_t>(args, windows);
  });
}

}  // namespace infograd
