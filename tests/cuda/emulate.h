// Runs the bodies of kernels on the host, thread by thread; where the threads of a block meet, all of them
// have run before the first goes on.
#pragma once

#include <vector>

#include <infograd/backends/cuda/elementwise_body.h>
#include <infograd/backends/cuda/slices.h>

namespace infograd::cuda::testing {

/// f(global thread) for all threads of enough blocks for n items.
template <class F>
void for_each_thread(int64_t n, int64_t per_block, F&& f) {
  const int64_t blocks = blocks_for(n, per_block);
  for (int64_t i = 0; i < blocks * kThreads; ++i) f(i);
}

/// A body with run(number), as numbered.cuh runs it.
template <class Kernel>
void run_numbered(const Kernel& kernel, int64_t n) {
  for (int64_t i = 0; i < n; ++i) kernel.run(static_cast<uint32_t>(i));
}

/// A SliceKernel, as slices.cuh runs it.
template <class Kernel>
void run_slices(const Kernel& kernel) {
  std::vector<typename Kernel::Acc> values(kThreads);
  for (int64_t block = 0; block < kernel.groups() * kernel.schedule.chunks; ++block) {
    for (int t = 0; t < kThreads; ++t)
      values[static_cast<size_t>(kernel.place(t))] = kernel.lane_value(block, t);
    for (int half = kernel.schedule.lanes / 2; half > 0; half /= 2)
      for (int t = 0; t < kThreads; ++t) kernel.tree_step(values.data(), t, half);
    for (int t = 0; t < kThreads; ++t) kernel.write(values.data(), block, t);
  }
}

template <class Policy, class T, class Out>
void run_pass(const Policy& policy, const Slices& slices, const SliceSchedule& schedule, const T* x, Out* out,
              typename Policy::Acc* partials = nullptr) {
  run_slices(SliceKernel<Policy, T, Out>{policy, x, out, partials, Offsets<2>(slices.kept),
                                         SliceOffsets(slices.reduced), schedule, slices.kept.numel,
                                         slices.reduced.numel});
}

/// A reduction whose slices may be cut: `whole` over x, then `of_parts` over what its blocks have left.
template <class Whole, class Parts, class T, class Out>
void run_cut(const Whole& whole, const Parts& of_parts, const Slices& slices, const T* x, Out* out) {
  using Acc = typename Whole::Acc;
  const SliceSchedule schedule = schedule_slices(slices, true);
  if (schedule.chunks == 1) return run_pass(whole, slices, schedule, x, out);
  std::vector<Acc> partials(static_cast<size_t>(schedule.chunks * slices.kept.numel));
  run_pass(whole, slices, schedule, x, out, partials.data());
  const Slices rest = slices_of_partials(slices, schedule.chunks);
  run_pass(of_parts, rest, schedule_slices(rest, false), static_cast<const Acc*>(partials.data()), out);
}

/// The combination of one value per lane, for every slice of a block: values[thread] becomes that of its
/// slice.
template <class Lines, class Value, class F>
void meet(const Lines& lines, std::vector<Value>& values, F&& combine) {
  std::vector<Value> places(kThreads);
  for (int t = 0; t < kThreads; ++t)
    places[static_cast<size_t>(lines.place(t))] = values[static_cast<size_t>(t)];
  const auto per_block = static_cast<size_t>(lines.schedule.per_block);
  for (auto half = static_cast<size_t>(lines.schedule.lanes) / 2; half > 0; half /= 2)
    for (size_t i = 0; i < half * per_block; ++i)
      places[i] = combine(places[i], places[i + half * per_block]);
  for (int t = 0; t < kThreads; ++t)
    values[static_cast<size_t>(t)] = places[static_cast<size_t>(lines.schedule.slice(t))];
}

}  // namespace infograd::cuda::testing
