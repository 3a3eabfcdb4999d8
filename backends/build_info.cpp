// What is compiled in and in force: known here, where the backends are.
#include <cstdlib>
#include <string>

#include <dlfcn.h>

#include <infograd/backends/cpu/isa.h>
#include <infograd/backends/cpu/onednn_kernels.h>
#include <infograd/backends/cuda_device.h>
#include <infograd/backends/registry.h>
#include <infograd/core/build_info.h>
#include <infograd/core/parallel.h>

namespace infograd {

namespace {

std::string compiler() {
#if defined(__clang__)
  return "Clang " __clang_version__;
#else
  return "GCC " __VERSION__;
#endif
}

/// OpenBLAS names itself; other implementations do not.
std::string blas_name() {
  using Config = const char* (*)();
  const auto config = reinterpret_cast<Config>(dlsym(RTLD_DEFAULT, "openblas_get_config"));
  return config != nullptr ? config() : "unnamed";
}

std::string precision() {
  if (matmul_precision() == Precision::bf16) return "bf16";
  return cuda::tensor_float_allowed() ? "tf32 on CUDA" : "f32";
}

std::string from_environment(const char* variable) {
  const char* value = std::getenv(variable);
  return std::string(variable) + (value != nullptr ? std::string("=") + value : " unset");
}

}  // namespace

BuildInfo build_info() {
  return {.version = version(),
          .compiler = compiler(),
          .backends = compiled_backends(),
          .onednn = onednn::version(),
          .blas = blas_name(),
          .cuda = cuda::describe(),
          .isa = std::string(isa_level()),
          .matmul_precision = precision(),
          .threads = num_threads(),
          .wait_policy = from_environment("OMP_WAIT_POLICY") + ", " + from_environment("GOMP_SPINCOUNT")};
}

}  // namespace infograd
