#include "run_all.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include <fmt/core.h>

#include <infograd/core/parallel.h>

namespace shared {

void run_all(int64_t count, int jobs, bool quiet, const std::function<void(int64_t)>& run) {
  using Clock = std::chrono::steady_clock;
  const int threads = jobs > 0 ? jobs : std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  std::atomic<int64_t> next = 0;
  std::mutex mutex;  // of what follows
  int64_t done = 0;
  std::exception_ptr error;
  const Clock::time_point start = Clock::now();
  Clock::time_point shown = start;
  const auto work = [&] {
    infograd::set_num_threads(1);  // of this thread
    for (int64_t i = next++; i < count; i = next++) {
      try {
        run(i);
      } catch (...) {
        const std::lock_guard lock(mutex);
        if (!error) error = std::current_exception();
        next = count;
      }
      const std::lock_guard lock(mutex);
      ++done;
      const Clock::time_point now = Clock::now();
      if (quiet || now - shown < std::chrono::seconds(10)) continue;
      shown = now;
      const double seconds = std::chrono::duration<double>(now - start).count();
      fmt::print("run {} of {}, {:.0f} s left\n", done, count,
                 seconds / static_cast<double>(done) * static_cast<double>(count - done));
      std::fflush(stdout);
    }
  };
  std::vector<std::thread> team;
  for (int i = 0; i < threads; ++i) team.emplace_back(work);
  for (std::thread& member : team) member.join();
  if (error) std::rethrow_exception(error);
}

}  // namespace shared
