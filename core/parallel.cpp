#include <exception>

#include <fmt/core.h>
#include <omp.h>

#include <infograd/core/error.h>
#include <infograd/core/parallel.h>

namespace infograd {

int num_threads() {
  return omp_get_max_threads();
}

void set_num_threads(int threads) {
  if (threads < 1)
    throw ValueError(fmt::format("set_num_threads: {} threads asked for; at least 1 is needed", threads));
  omp_set_num_threads(threads);
}

namespace detail {

void parallel_for(int64_t n, int64_t grain, void (*body)(void*, int64_t, int64_t), void* context) {
  const int64_t chunks = (n + grain - 1) / grain;
  const auto run = [&](int64_t chunk) {
    const int64_t begin = chunk * grain;
    body(context, begin, begin + grain < n ? begin + grain : n);
  };
  const int threads = omp_in_parallel() != 0 ? 1 : omp_get_max_threads();
  if (threads == 1) {
    for (int64_t chunk = 0; chunk < chunks; ++chunk) run(chunk);
    return;
  }
  std::exception_ptr error;
  const int team = chunks < threads ? static_cast<int>(chunks) : threads;
#pragma omp parallel for schedule(static) num_threads(team)
  for (int64_t chunk = 0; chunk < chunks; ++chunk) {
    try {
      run(chunk);
    } catch (...) {
#pragma omp critical(infograd_parallel_error)
      if (!error) error = std::current_exception();
    }
  }
  if (error) std::rethrow_exception(error);
}

}  // namespace detail
}  // namespace infograd
