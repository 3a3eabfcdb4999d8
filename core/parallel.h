// parallel_for over the OpenMP runtime that oneDNN uses. Chunks depend on sizes only, never on the thread
// count.
#pragma once

#include <cstdint>
#include <type_traits>

#include <infograd/core/export.h>

namespace infograd {

/// Threads used by parallel_for and by oneDNN and BLAS.
INFOGRAD_API int num_threads();
INFOGRAD_API void set_num_threads(int threads);

/// Elements of simple work below which a parallel region costs more than it gives.
inline constexpr int64_t kParallelGrain = 32768;

namespace detail {
/// Runs body(context, begin, end) over [0, n) in pieces of `grain` (the last may be shorter).
INFOGRAD_API void parallel_for(int64_t n, int64_t grain, void (*body)(void*, int64_t, int64_t),
                               void* context);
}  // namespace detail

/// Calls f(begin, end) for consecutive chunks of `grain` items of [0, n). Chunk boundaries are multiples of
/// `grain` whatever the thread count, so per-chunk partial results combine reproducibly. One chunk runs in
/// the caller. An exception in f is rethrown in the caller. Nested calls run serially.
template <class F>
void parallel_for(int64_t n, int64_t grain, F&& f) {
  if (n <= grain) {
    if (n > 0) f(int64_t{0}, n);
    return;
  }
  detail::parallel_for(
      n, grain,
      [](void* context, int64_t begin, int64_t end) {
        (*static_cast<std::remove_reference_t<F>*>(context))(begin, end);
      },
      const_cast<void*>(static_cast<const void*>(&f)));
}

}  // namespace infograd
