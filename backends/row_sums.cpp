#include <infograd/backends/pretended_device.h>
#include <infograd/backends/row_sums.h>
#if defined(INFOGRAD_CUDA)
#include <infograd/backends/cuda/products.h>
#endif

namespace infograd {

bool gemm_with_row_sums([[maybe_unused]] const GemmArgs& args, [[maybe_unused]] const View& sums,
                        [[maybe_unused]] Device device) {
#if defined(INFOGRAD_CUDA)
  if (!device.is_cpu() && !PretendedDevice::is(device))
    return cuda::multiply_with_row_sums(args, sums, device.index);
#endif
  return false;
}

}  // namespace infograd
