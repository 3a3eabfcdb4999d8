// Private: what a user can do about an error of the CUDA runtime, by its name. Needs no CUDA header, so that
// host tests read every text.
#pragma once

#include <string_view>

namespace infograd::cuda {

/// Begins with "; ", or is empty where nothing general can be said.
constexpr std::string_view advice(std::string_view error) {
  struct Line {
    std::string_view error, text;
  };
  constexpr std::string_view driver =
      "; the NVIDIA driver is missing or older than the CUDA toolkit of this build: update the driver, or "
      "build "
      "with an older toolkit";
  constexpr std::string_view code =
      "; this build has no code for that GPU: add its compute capability to INFOGRAD_CUDA_ARCHITECTURES";
  constexpr std::string_view fault =
      "; a kernel queued before this call failed and the device cannot be used again by this process. "
      "INFOGRAD_CUDA_SYNC=1 waits after each call and so names the one that fails; compute-sanitizer says "
      "where";
  constexpr std::string_view capture =
      "; a step is being captured (cuda::Graph), and this call needs the device at once: leave it out of the "
      "step, or run it before";
  constexpr Line lines[] = {
      {"cudaErrorNoDevice",
       "; no GPU is visible: check `nvidia-smi` and CUDA_VISIBLE_DEVICES, or use Device cpu"},
      {"cudaErrorInsufficientDriver", driver},
      {"cudaErrorSystemDriverMismatch", driver},
      {"cudaErrorStubLibrary", driver},
      {"cudaErrorCompatNotSupportedOnDevice", driver},
      {"cudaErrorDevicesUnavailable",
       "; the GPU is reserved for another process or closed to programs: see `nvidia-smi -q -d COMPUTE`"},
      {"cudaErrorInvalidDevice", "; there is no GPU of that number, see `nvidia-smi -L`"},
      {"cudaErrorNoKernelImageForDevice", code},
      {"cudaErrorUnsupportedPtxVersion", code},
      {"cudaErrorMemoryAllocation",
       "; see memory::stats(device) for what is held, memory::release_cached(device) gives cached blocks "
       "back"},
      {"cudaErrorIllegalAddress", fault},
      {"cudaErrorLaunchFailure", fault},
      {"cudaErrorMisalignedAddress", fault},
      {"cudaErrorIllegalInstruction", fault},
      {"cudaErrorInvalidAddressSpace", fault},
      {"cudaErrorInvalidPc", fault},
      {"cudaErrorHardwareStackError", fault},
      {"cudaErrorLaunchTimeout", fault},
      {"cudaErrorAssert", fault},
      {"cudaErrorStreamCaptureUnsupported", capture},
      {"cudaErrorStreamCaptureInvalidated", capture},
      {"cudaErrorStreamCaptureIsolation", capture},
      {"cudaErrorStreamCaptureImplicit", capture},
      {"cudaErrorCapturedEvent", capture}};
  for (const Line& line : lines)
    if (line.error == error) return line.text;
  return {};
}

}  // namespace infograd::cuda
