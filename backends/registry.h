// The explicit list of compiled-in backends, and which one serves a device.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <infograd/backends/backend.h>

namespace infograd {

/// Backend that serves `device` on this thread. Throws DeviceError listing those compiled in when there is
/// none.
INFOGRAD_API Backend& backend_for(Device device);
/// By name: "reference", "cpu", "cuda". Throws DeviceError listing those compiled in.
INFOGRAD_API Backend& backend_by_name(std::string_view name);
INFOGRAD_API std::vector<std::string> compiled_backends();

/// While alive, `name` serves its device on this thread ("reference" and "cpu" both serve the CPU).
/// The environment variable INFOGRAD_BACKEND chooses the initial CPU backend.
class INFOGRAD_API BackendScope {
 public:
  explicit BackendScope(std::string_view name);
  ~BackendScope();
  BackendScope(const BackendScope&) = delete;
  BackendScope& operator=(const BackendScope&) = delete;

 private:
  Backend* before_;
};

/// Precision of f32 matmul, linear and conv2d on this thread. bf16 rounds operands and accumulates in f32.
INFOGRAD_API Precision matmul_precision();
class INFOGRAD_API PrecisionScope {
 public:
  explicit PrecisionScope(Precision precision);
  ~PrecisionScope();
  PrecisionScope(const PrecisionScope&) = delete;
  PrecisionScope& operator=(const PrecisionScope&) = delete;

 private:
  Precision before_;
};

}  // namespace infograd
