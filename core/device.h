// Where a tensor lives. There is no implicit copy between devices.
#pragma once

#include <cstdint>
#include <string>

#include <infograd/core/export.h>

namespace infograd {

struct Device {
  enum class Kind : uint8_t { cpu = 0, cuda = 1 };
  Kind kind = Kind::cpu;
  int8_t index = 0;

  /// The GPU of that number.
  static constexpr Device cuda(int index = 0) { return {Kind::cuda, static_cast<int8_t>(index)}; }

  bool operator==(const Device&) const = default;
  bool is_cpu() const { return kind == Kind::cpu; }
};

inline constexpr Device cpu{};

/// "cpu" or "cuda:0".
INFOGRAD_API std::string to_string(Device device);

}  // namespace infograd
