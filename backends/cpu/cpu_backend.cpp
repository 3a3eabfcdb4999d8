#include <infograd/backends/cpu/cpu_backend.h>
#include <infograd/backends/cpu/isa.h>

namespace infograd {

CpuBackend::CpuBackend() {
  isa_level();
}

std::string_view CpuBackend::name() const {
  return "cpu";
}

}  // namespace infograd
