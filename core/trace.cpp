#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include <fmt/core.h>

#include <infograd/core/trace.h>

namespace infograd::trace {

namespace {

using Clock = std::chrono::steady_clock;

struct Total {
  int64_t calls = 0;
  double milliseconds = 0;
};

struct Book {
  std::mutex mutex;
  std::map<std::string, Total, std::less<>> totals;
  ~Book() {
    std::vector<std::pair<std::string, Total>> rows(totals.begin(), totals.end());
    std::sort(rows.begin(), rows.end(),
              [](const auto& a, const auto& b) { return a.second.milliseconds > b.second.milliseconds; });
    for (const auto& [op, total] : rows)
      fmt::print(stderr, "[infograd] {:<28} {:>9} calls {:>12.3f} ms\n", op, total.calls, total.milliseconds);
  }
};

Book& book() {
  static Book instance;
  return instance;
}

thread_local std::vector<Clock::time_point> started;

int read_level() {
  const char* text = std::getenv("INFOGRAD_DEBUG");
  return text == nullptr ? 0 : std::atoi(text);
}

}  // namespace

const int level = read_level();

void begin_call(std::string_view /*op*/) {
  started.push_back(Clock::now());
}

void end_call(std::string_view op) {
  const double ms = std::chrono::duration<double, std::milli>(Clock::now() - started.back()).count();
  started.pop_back();
  if (level >= 2) fmt::print(stderr, "[infograd] {} {:.3f} ms\n", op, ms);
  const std::lock_guard lock(book().mutex);
  Total& total = book().totals[std::string(op)];
  ++total.calls;
  total.milliseconds += ms;
}

void warn_once(std::string_view key, std::string_view text) {
  static std::mutex mutex;
  static std::set<std::string, std::less<>> seen;
  const std::lock_guard lock(mutex);
  if (seen.emplace(key).second) fmt::print(stderr, "[infograd] {}\n", text);
}

}  // namespace infograd::trace
