#include <utility>

#include <infograd/core/allocator.h>
#include <infograd/core/storage.h>

namespace infograd {

Storage::Storage(size_t bytes, Device device)
    : data_(memory::allocate(bytes, device)), bytes_(bytes), device_(device) {}

// Without a deleter the memory is borrowed; ours would go back to the allocator.
Storage::Storage(void* data, size_t bytes, Device device, std::function<void()> deleter)
    : data_(data),
      bytes_(bytes),
      device_(device),
      deleter_(deleter ? std::move(deleter) : std::function<void()>([] {})) {}

Storage::~Storage() {
  if (deleter_)
    deleter_();
  else
    memory::deallocate(data_, bytes_, device_);
}

}  // namespace infograd
