#include <infograd/backends/cuda/cuda_backend.h>
#include <infograd/backends/cuda/grid_sample_body.h>
#include <infograd/backends/cuda/numbered.cuh>
#include <infograd/backends/cuda/sorted_keys.h>

namespace infograd {

using namespace cuda;

namespace {

template <class T>
void image_grad(const GridSampleArgs& args, const Sampler<T>& sampler, const SampleNumbers& numbers) {
  const int64_t samples = args.grid.numel() / 2;
  if (samples == 0) return;
  const Shape& x = args.x.shape;
  const int64_t cells = x[0] * (x[2] + 1) * (x[3] + 1);
  SortedKeys sorted(samples);
  launch_numbered("grid_sample_grad", SampleCells<T>{sampler, numbers, cells, sorted.unsorted()}, samples);
  sorted.sort(cells);
  const Scratch first(sizeof(int64_t) * static_cast<size_t>(cells + 1));
  launch_numbered("grid_sample_grad", CellStarts{sorted.keys(), samples, first.as<int64_t>()}, cells + 1);
  launch_numbered("grid_sample_grad",
                  ImageGrad<T>{sampler, numbers, Pixels(args.dx.shape, args.dx.strides), sorted.order(),
                               first.as<int64_t>(), Images<const T>(args.dy), Images<T>(args.dx)},
                  args.dx.numel());
}

}  // namespace

void CudaBackend::grid_sample(const GridSampleArgs& args) {
  const DeviceGuard guard(index_);
  visit_floating("grid_sample", args.x.dtype, [&](auto zero) {
    using T = decltype(zero);
    launch_numbered("grid_sample",
                    GridSample<T>{Sampler<T>(args), Pixels(args.y.shape, args.y.strides),
                                  Images<const T>(args.x), Images<T>(args.y)},
                    args.y.numel());
  });
}

void CudaBackend::grid_sample_grad(const GridSampleArgs& args) {
  const DeviceGuard guard(index_);
  visit_floating("grid_sample", args.x.dtype, [&](auto zero) {
    using T = decltype(zero);
    const Sampler<T> sampler(args);
    const SampleNumbers numbers(args.grid.shape);
    if (args.dgrid)
      launch_numbered("grid_sample_grad",
                      GridGrad<T>{sampler, numbers, static_cast<int>(args.x.shape[1]),
                                  Images<const T>(args.x), Images<const T>(args.dy), Images<T>(args.dgrid)},
                      args.grid.numel() / 2);
    if (args.dx) image_grad<T>(args, sampler, numbers);
  });
}

}  // namespace infograd
