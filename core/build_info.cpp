#include <fmt/core.h>

#include <infograd/core/build_info.h>
#include <infograd/core/version.h>

namespace infograd {

const char* version() {
  return INFOGRAD_VERSION;
}

std::string to_string(const BuildInfo& info) {
  std::string backends;
  for (const std::string& backend : info.backends) backends += (backends.empty() ? "" : ", ") + backend;
  return fmt::format(
      "infograd {}\n  compiler     {}\n  backends     {}\n  oneDNN       {}\n  BLAS         {}\n"
      "  CUDA         {}\n  kernels      {}\n  products     {}\n  threads      {}\n  wait policy  {}\n",
      info.version, info.compiler, backends, info.onednn, info.blas, info.cuda, info.isa,
      info.matmul_precision, info.threads, info.wait_policy);
}

}  // namespace infograd
