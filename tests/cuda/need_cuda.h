// Tests that need a GPU skip where there is none, saying why. Under tools/gpu_check, which sets
// INFOGRAD_REQUIRE_CUDA, nothing skips: no GPU, or an op without a kernel, is a failure.
#pragma once

#include <cstdlib>

#include <gtest/gtest.h>

#include <infograd/backends/cuda_device.h>

namespace infograd::testing {

inline bool cuda_required() {
  const char* value = std::getenv("INFOGRAD_REQUIRE_CUDA");
  return value != nullptr && *value != '\0';
}

}  // namespace infograd::testing

/// In the body of a test: skips it, or fails where a GPU is required.
#define SKIP_OR_FAIL(reason)                                      \
  do {                                                            \
    if (::infograd::testing::cuda_required()) FAIL() << (reason); \
    GTEST_SKIP() << (reason);                                     \
  } while (false)
#define NEED_CUDA() \
  if (!::infograd::cuda::is_available()) SKIP_OR_FAIL(::infograd::cuda::why_unavailable())
