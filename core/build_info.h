// What this build is and what is in force at run time.
#pragma once

#include <string>
#include <vector>

#include <infograd/core/export.h>

namespace infograd {

struct BuildInfo {
  std::string version;
  std::string compiler;
  std::vector<std::string> backends;  ///< "reference", "cpu", "cuda"
  std::string onednn;                 ///< version, or "none"
  std::string blas;
  std::string cuda;              ///< the first GPU with driver and toolkit, or why there is none
  std::string isa;               ///< level chosen for our own kernels: "baseline", "sse4", "avx2", "avx512"
  std::string matmul_precision;  ///< of f32 products on this thread: "f32", "tf32 on CUDA", "bf16"
  int threads = 1;
  std::string wait_policy;  ///< OMP_WAIT_POLICY and GOMP_SPINCOUNT as set in the environment
};

/// The version as a string, "0.1.0".
INFOGRAD_API const char* version();
/// Defined in backends/registry.cpp, which knows what is compiled in.
INFOGRAD_API BuildInfo build_info();
/// The same as lines of text.
INFOGRAD_API std::string to_string(const BuildInfo& info);

}  // namespace infograd
