// To add a backend: one line in `kBackends`. (An explicit list, because static registration vanishes from
// static libraries.)
#include <array>
#include <cstdlib>

#include <infograd/backends/cpu/cpu_backend.h>
#if defined(INFOGRAD_CUDA)
#include <infograd/backends/cuda/cuda_backend.h>
#include <infograd/backends/cuda/graph_driver.h>
#include <infograd/backends/cuda/runtime.h>
#endif
#include <infograd/backends/pretended_device.h>
#include <infograd/backends/reference/reference_backend.h>
#include <infograd/backends/registry.h>
#include <infograd/core/check.h>

namespace infograd {

namespace {

struct Entry {
  std::string_view name;
  Device::Kind serves;
  Backend& (*get)(int index);  // of the device
};

template <class B>
Backend& instance(int /*index*/) {
  static B backend;
  return backend;
}

// Later entries are preferred for their device.
constexpr std::array kBackends {
  Entry{"reference", Device::Kind::cpu, instance<ReferenceBackend>},
      Entry{"cpu", Device::Kind::cpu, instance<CpuBackend>},
#if defined(INFOGRAD_CUDA)
      Entry{"cuda", Device::Kind::cuda, cuda_backend},
#endif
};

#if defined(INFOGRAD_CUDA)
// Every program that runs an op links this file: tensors may then live on a GPU.
[[maybe_unused]] const auto* const memory_before_cuda =
    memory::serve_cuda_memory(&cuda::runtime::device_memory());
[[maybe_unused]] const auto graphs_before_cuda = serve_graphs(cuda::make_graph_driver);
#endif

std::string names() {
  std::string list;
  for (const Entry& entry : kBackends) list.append(list.empty() ? "" : ", ").append(entry.name);
  return list;
}

Backend& preferred(Device device) {
  if (PretendedDevice::is(device)) return instance<ReferenceBackend>(0);
  const Entry* best = nullptr;
  for (const Entry& entry : kBackends)
    if (entry.serves == device.kind) best = &entry;
  check<DeviceError>(best != nullptr,
                     "no backend serves device {}; compiled in: {}. For CUDA configure with `cmake --preset "
                     "cuda` (INFOGRAD_CUDA=ON), which needs the CUDA toolkit",
                     to_string(device), names());
  return best->get(device.index);
}

Backend& initial_cpu_backend() {
  static Backend& backend = []() -> Backend& {
    const char* chosen = std::getenv("INFOGRAD_BACKEND");
    return chosen != nullptr && *chosen != '\0' ? backend_by_name(chosen) : preferred(cpu);
  }();
  return backend;
}

thread_local Backend* scoped_cpu_backend = nullptr;  // null: the initial one
thread_local Precision precision_in_force = Precision::f32;

}  // namespace

Backend& backend_for(Device device) {
  if (!device.is_cpu()) return preferred(device);
  return scoped_cpu_backend != nullptr ? *scoped_cpu_backend : initial_cpu_backend();
}

Backend& backend_by_name(std::string_view name) {
  for (const Entry& entry : kBackends)
    if (entry.name == name) return entry.get(0);
  throw DeviceError(fmt::format("no backend is called '{}'; compiled in: {}", name, names()));
}

std::vector<std::string> compiled_backends() {
  std::vector<std::string> list;
  for (const Entry& entry : kBackends) list.emplace_back(entry.name);
  return list;
}

BackendScope::BackendScope(std::string_view name) : before_(scoped_cpu_backend) {
  scoped_cpu_backend = &backend_by_name(name);
}
BackendScope::~BackendScope() {
  scoped_cpu_backend = before_;
}

Precision matmul_precision() {
  return precision_in_force;
}
PrecisionScope::PrecisionScope(Precision precision) : before_(precision_in_force) {
  precision_in_force = precision;
}
PrecisionScope::~PrecisionScope() {
  precision_in_force = before_;
}

}  // namespace infograd
