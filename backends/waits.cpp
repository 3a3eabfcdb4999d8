#include <atomic>
#include <cstdio>
#include <cstdlib>

#include <infograd/backends/capture.h>
#include <infograd/backends/waits.h>
#include <infograd/core/check.h>

namespace infograd::waits {

namespace {

constinit std::atomic<uint64_t> total = 0;
thread_local std::string_view reason;

}  // namespace

Mode parse_mode(const char* text) {
  const std::string_view value = text == nullptr ? "" : text;
  if (value.empty() || value == "0") return Mode::off;
  if (value == "1") return Mode::every_launch;
  check<ValueError>(
      value == "report",
      "INFOGRAD_CUDA_SYNC is '{}', expected 0, 1 (wait after every launch) or report (print every "
      "wait)",
      value);
  return Mode::report;
}

Mode mode() {
  static const Mode chosen = parse_mode(std::getenv("INFOGRAD_CUDA_SYNC"));
  return chosen;
}

Reason::Reason(std::string_view op) : before_(reason) {
  reason = op;
}
Reason::~Reason() {
  reason = before_;
}
std::string_view Reason::current() {
  return reason;
}

std::string describe(std::string_view how, Device device) {
  return reason.empty() ? fmt::format("the host waits for {}: {}", to_string(device), how)
                        : fmt::format("{}: the host waits for {} ({})", reason, to_string(device), how);
}

void note(std::string_view how, Device device) {
  refuse_to_wait_in_capture(reason.empty() ? how : reason, device);
  total.fetch_add(1, std::memory_order_relaxed);
  if (mode() == Mode::report) fmt::print(stderr, "[infograd] {}\n", describe(how, device));
}

uint64_t count() {
  return total.load(std::memory_order_relaxed);
}

}  // namespace infograd::waits
