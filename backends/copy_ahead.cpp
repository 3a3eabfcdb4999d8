#include <cstring>
#include <vector>

#include <infograd/backends/copy_ahead.h>
#include <infograd/backends/pretended_device.h>
#include <infograd/backends/registry.h>
#include <infograd/core/check.h>
#if defined(INFOGRAD_CUDA)
#include <infograd/backends/cuda/copy_ahead.h>
#endif

namespace infograd {

namespace {

/// Copies as late as a device may: when the arrival is awaited.
class PretendedArrival final : public Arrival {
 public:
  PretendedArrival(const View& out, const ConstView& x) : out_(out.data), values_(bytes_of(x)) {
    if (!values_.empty()) std::memcpy(values_.data(), x.data, values_.size());
  }
  PretendedArrival(const PretendedArrival&) = delete;
  PretendedArrival& operator=(const PretendedArrival&) = delete;
  ~PretendedArrival() override { PretendedArrival::await(); }

  void await() override {
    if (!values_.empty()) std::memcpy(out_, values_.data(), values_.size());
    values_.clear();
  }

 private:
  static size_t bytes_of(const ConstView& x) { return static_cast<size_t>(x.numel()) * item_size(x.dtype); }
  void* out_;
  std::vector<std::byte> values_;
};

class PretendedCopyAhead final : public CopyAhead {
 public:
  std::unique_ptr<Arrival> copy(const View& out, const ConstView& x) override {
    return std::make_unique<PretendedArrival>(out, x);
  }
};

}  // namespace

std::unique_ptr<CopyAhead> copy_ahead_to(Device device) {
  backend_for(device);  // says what is missing
  if (PretendedDevice::is(device)) return std::make_unique<PretendedCopyAhead>();
#if defined(INFOGRAD_CUDA)
  if (!device.is_cpu()) return cuda::make_copy_ahead(device.index);
#endif
  fail<DeviceError>("copy_ahead: {} is no device to copy to", to_string(device));
}

}  // namespace infograd
