// Independent runs side by side; run_journal.h keeps those that are done.
#pragma once

#include <cstdint>
#include <functional>

namespace shared {

/// Calls run(0) .. run(count - 1) on `jobs` threads (0: all processors), each with one thread of its own, so
/// that results do not depend on `jobs`. Without `quiet` it says now and then how far it is. An exception
/// ends it and comes out here.
void run_all(int64_t count, int jobs, bool quiet, const std::function<void(int64_t)>& run);

}  // namespace shared
