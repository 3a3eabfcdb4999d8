// INFOGRAD_DEBUG=1 sums time per op at exit; =2 prints every call. Off, a call costs one branch.
#pragma once

#include <cstdint>
#include <string_view>

#include <infograd/core/export.h>

namespace infograd::trace {

/// 0, 1 or 2, read once from INFOGRAD_DEBUG.
INFOGRAD_API extern const int level;
INFOGRAD_API void begin_call(std::string_view op);
INFOGRAD_API void end_call(std::string_view op);
/// Prints `text` to stderr the first time this `key` is seen (a kernel that falls back, bf16 computed in
/// f32).
INFOGRAD_API void warn_once(std::string_view key, std::string_view text);

/// RAII around one backend call.
class Call {
 public:
  explicit Call(std::string_view op) : op_(op) {
    if (level != 0) [[unlikely]]
      begin_call(op_);
  }
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;
  ~Call() {
    if (level != 0) [[unlikely]]
      end_call(op_);
  }

 private:
  std::string_view op_;
};

}  // namespace infograd::trace
