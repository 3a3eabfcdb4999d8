#include "progress.h"

#include <algorithm>
#include <cstdio>

#include <fmt/core.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace infomax {

namespace {

size_t columns() {
  winsize window{};
  const bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 1;
  return known ? window.ws_col : 80;
}

}  // namespace

Progress::Progress(bool quiet, int64_t total_steps)
    : quiet_(quiet), terminal_(isatty(STDOUT_FILENO) != 0), total_steps_(total_steps) {}

Progress::~Progress() {
  if (open_) fmt::print("\n");  // an error message comes on a line of its own
}

void Progress::show(int64_t epoch, int64_t epochs, int64_t step, const std::string& text, bool always) {
  using namespace std::chrono_literals;
  const auto now = std::chrono::steady_clock::now();
  if (quiet_ || (!always && now - last_ < (terminal_ ? 100ms : 10'000ms))) return;
  last_ = now;
  std::string line = fmt::format("epoch {}/{}  step {}/{}  {}", epoch, epochs, step, total_steps_, text);
  if (terminal_) {
    line.resize(std::min(line.size(), columns() - 1));  // a line that wraps cannot be rewritten
    fmt::print("\r{}\033[K", line);
  } else {
    fmt::print("{}\n", line);
  }
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
