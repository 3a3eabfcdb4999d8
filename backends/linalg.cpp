// Which linear algebra goes with which backend, and what a table says that lacks a method.
#include <array>
#include <initializer_list>
#include <string>

#include <infograd/backends/cpu/cpu_linalg.h>
#if defined(INFOGRAD_CUDA)
#include <infograd/backends/cuda/cuda_linalg.h>
#endif
#include <infograd/backends/linalg.h>
#include <infograd/backends/reference/reference_linalg.h>
#include <infograd/backends/registry.h>
#include <infograd/core/error.h>

namespace infograd {

namespace {

template <class B>
LinalgBackend& instance(int /*index*/) {
  static B backend;
  return backend;
}

// To add one: a line here, under the name of its backend.
struct Entry {
  std::string_view name;
  LinalgBackend& (*get)(int index);  // of the device
};
constexpr std::array kTables {
  Entry{"reference", instance<ReferenceLinalg>}, Entry{"cpu", instance<CpuLinalg>},
#if defined(INFOGRAD_CUDA)
      Entry{"cuda", cuda_linalg},
#endif
};

[[noreturn]] void lacks(const LinalgBackend& backend, std::string_view method,
                        std::initializer_list<ConstView> views) {
  std::string message(backend.name());
  message.append(": ").append(method).append(" is not implemented for");
  for (const ConstView& view : views)
    if (view) message.append(" ").append(infograd::name(view.dtype)).append(to_string(view.shape));
  throw NotImplemented(message);
}

}  // namespace

LinalgBackend& linalg_backend_for(Device device) {
  const std::string_view name = backend_for(device).name();
  for (const Entry& entry : kTables)
    if (entry.name == name) return entry.get(device.index);
  throw NotImplemented("linear algebra: backend '" + std::string(name) +
                       "' has none; move the matrix with to(cpu)");
}

LinalgBackend::~LinalgBackend() = default;

void LinalgBackend::eigh(View a, View values) {
  lacks(*this, "eigh", {a, values});
}
void LinalgBackend::eigh_top(View a, View values, const EigenvectorRoom&) {
  lacks(*this, "eigh_top", {a, values});
}
int64_t LinalgBackend::cholesky(View a) {
  lacks(*this, "cholesky", {a});
}
void LinalgBackend::solve_triangular(ConstView a, View b, bool, bool) {
  lacks(*this, "solve_triangular", {a, b});
}
void LinalgBackend::qr(View at, View r) {
  lacks(*this, "qr", {at, r});
}
int64_t LinalgBackend::solve(View at, View bt) {
  lacks(*this, "solve", {at, bt});
}
void LinalgBackend::slogdet(View a, View, View) {
  lacks(*this, "slogdet", {a});
}
void LinalgBackend::squared_distances(View out, ConstView x, ConstView y) {
  lacks(*this, "squared_distances", {out, x, y});
}

}  // namespace infograd
