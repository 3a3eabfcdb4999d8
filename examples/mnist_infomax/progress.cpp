#include "progress.h"

#include <cstdio>

#include <fmt/core.h>
#include <unistd.h>

namespace infomax {

Progress::Progress(bool quiet, int64_t total_steps)
    : quiet_(quiet), terminal_(isatty(STDOUT_FILENO) != 0), total_steps_(total_steps) {}

void Progress::show(int64_t epoch, int64_t epochs, int64_t step, const std::string& text, bool always) {
  using namespace std::chrono_literals;
  const auto now = std::chrono::steady_clock::now();
  if (quiet_ || (!always && now - last_ < (terminal_ ? 100ms : 10'000ms))) return;
  last_ = now;
  fmt::print("{}epoch {}/{}  step {}/{}  {}{}", terminal_ ? "\r" : "", epoch, epochs, step, total_steps_,
             text, terminal_ ? "\033[K" : "\n");
  open_ = terminal_;
  std::fflush(stdout);
}

void Progress::line(const std::string& text) {
  if (quiet_) return;
  fmt::print("{}{}\n", open_ ? "\n" : "", text);
  open_ = false;
  std::fflush(stdout);
}

std::string duration(double seconds) {
  const auto whole = static_cast<int64_t>(seconds + 0.5);
  return whole < 60 ? fmt::format("{} s", whole) : fmt::format("{} min {:02} s", whole / 60, whole % 60);
}

}  // namespace infomax
