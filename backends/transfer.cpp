#include <cstring>

#include <infograd/backends/capture.h>
#include <infograd/backends/late_checks.h>
#include <infograd/backends/pretended_device.h>
#include <infograd/backends/registry.h>
#include <infograd/backends/transfer.h>
#include <infograd/backends/waits.h>
#if defined(INFOGRAD_CUDA)
#include <infograd/backends/cuda/staging.h>
#endif

namespace infograd {

namespace {

void copy(const View& out, Device to, const ConstView& x, Device from) {
  if (PretendedDevice::is(to) || PretendedDevice::is(from)) {
    std::memcpy(out.data, x.data, static_cast<size_t>(x.numel()) * item_size(x.dtype));
    return;
  }
#if defined(INFOGRAD_CUDA)
  cuda::copy_between(out, to, x, from);
#endif
}

}  // namespace

void transfer(View out, Device to, ConstView x, Device from) {
  backend_for(to);  // says what is missing
  backend_for(from);
  if (x.numel() == 0) return;  // nothing is waited for
  if (to.is_cpu()) {
    waits::note("item() or to(cpu)", from);
    late::fetch(from);
  } else if (from.is_cpu()) {
    refuse_host_copy_in_capture(to);
  } else {
    waits::note("a copy between two devices", from);
  }
  copy(out, to, x, from);
  if (to.is_cpu()) late::report(from);
}

}  // namespace infograd
