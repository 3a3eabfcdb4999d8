// Time that a run takes, whatever else the machine does.
#pragma once

#include <ctime>

namespace shared {

/// Processor seconds of the calling thread so far. Runs of run_all have one thread each.
inline double thread_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

}  // namespace shared
