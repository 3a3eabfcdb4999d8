// Joint histograms without atomics on floating-point numbers; the first wrong element is a minimum of
// integers, which no order changes.
#include <infograd/backends/cuda/cuda_backend.h>
#include <infograd/backends/cuda/fuzzy_body.h>
#include <infograd/backends/cuda/stream.h>
#include <infograd/backends/visit_real.h>

namespace infograd {

namespace cuda {

template <class T>
__global__ void __launch_bounds__(FuzzySchedule::kBlock)
    fuzzy_histogram_kernel(FuzzyHistogramKernel<T> kernel) {
  constexpr int kLanes = FuzzySchedule::kLanes, kWarps = FuzzySchedule::kWarps;
  __shared__ LocatedPair staged[kWarps][kLanes];
  extern __shared__ double slabs[];  // [kWarps, slab]
  const int thread = static_cast<int>(threadIdx.x), warp = thread / kLanes, lane = thread % kLanes;
  const int begin = static_cast<int>(blockIdx.y) * kernel.schedule.slab;
  double* const slab = slabs + warp * kernel.schedule.slab;
  for (int i = lane; i < kernel.schedule.slab; i += kLanes) slab[i] = 0;
  const auto note = [&](int argument, int64_t i) {
    if (blockIdx.y == 0) atomicMin(reinterpret_cast<long long*>(kernel.first_bad + argument), i);
  };
  const auto stretch = kernel.stretch(blockIdx.x, warp);
  const auto mine = kernel.cell(lane);
  for (int64_t m = stretch.begin; m < stretch.end; m += kLanes) {
    const int count = stretch.end - m < kLanes ? static_cast<int>(stretch.end - m) : kLanes;
    if (lane < count) staged[warp][lane] = kernel.load(stretch.row, m + lane, note);
    __syncwarp();
    for (int i = 0; i < count; ++i) {
      const LocatedPair& pair = staged[warp][i];
      if (!(pair.weight > 0)) continue;
      if (lane < kernel.cells) kernel.add(slab, begin, pair, mine);
      for (int c = lane + kLanes; c < kernel.cells; c += kLanes)
        kernel.add(slab, begin, pair, kernel.cell(c));
      __syncwarp();  // other lanes add to these cells next
    }
    __syncwarp();
  }
  __syncthreads();
  kernel.write(blockIdx.x, begin, thread, slabs);
}

__global__ void __launch_bounds__(kThreads) fuzzy_finish_kernel(FuzzyFinish finish) {
  const int64_t i = int64_t{blockIdx.x} * kThreads + threadIdx.x;
  if (i < finish.rows * finish.entries) finish.run(i);
}

template <class T>
__global__ void __launch_bounds__(kThreads) fuzzy_grad_kernel(FuzzyGradKernel<T> kernel) {
  kernel.run(blockIdx.x, static_cast<int>(threadIdx.x));
}

}  // namespace cuda

using namespace cuda;

void CudaBackend::fuzzy_histogram(const FuzzyHistogramArgs& args) {
  const DeviceGuard guard(index_);
  if (args.x.shape[0] == 0) return fill(args.first_bad, -1);
  fill(args.first_bad, 0x1p63);  // rounds to the largest
  visit_real(args.x.dtype, [&](auto zero) {
    using T = decltype(zero);
    const FuzzyPairs<T> pairs(args);
    const FuzzySchedule schedule(pairs.rows, pairs.pixels, pairs.entries());
    const int64_t blocks = pairs.rows * schedule.chunks;
    const Scratch tables(sizeof(double) * static_cast<size_t>(blocks * pairs.entries()));
    const size_t shared = sizeof(double) * static_cast<size_t>(FuzzySchedule::kWarps * schedule.slab);
    fuzzy_histogram_kernel<<<dim3(static_cast<unsigned>(blocks), static_cast<unsigned>(schedule.slabs)),
                             FuzzySchedule::kBlock, shared, stream()>>>(
        FuzzyHistogramKernel<T>(pairs, schedule, tables.as<double>(), args.first_bad.as<int64_t>()));
    check_launch("fuzzy_histogram");
    const FuzzyFinish finish{tables.as<double>(),
                             pairs.rows,
                             schedule.chunks,
                             pairs.entries(),
                             args.out.as<double>(),
                             args.total.as<double>(),
                             args.first_bad.as<int64_t>()};
    fuzzy_finish_kernel<<<blocks_for(finish.rows * finish.entries, kThreads), kThreads, 0, stream()>>>(
        finish);
    check_launch("fuzzy_histogram");
  });
}

void CudaBackend::fuzzy_histogram_grad(const FuzzyHistogramArgs& args) {
  if (args.x.numel() == 0) return;
  const DeviceGuard guard(index_);
  visit_real(args.x.dtype, [&](auto zero) {
    using T = decltype(zero);
    const FuzzyGradKernel<T> kernel{FuzzyPairs<T>(args), args.grad.as<double>(), args.total.as<double>(),
                                    args.dx.as<T>(), args.dy.as<T>()};
    const int64_t blocks = kernel.pairs.rows * kernel.blocks_per_row();
    fuzzy_grad_kernel<<<static_cast<unsigned>(blocks), kThreads, 0, stream()>>>(kernel);
    check_launch("fuzzy_histogram_grad");
  });
}

}  // namespace infograd
