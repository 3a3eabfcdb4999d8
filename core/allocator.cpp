// The caching allocator of every device. A block of the CPU carries a 64-byte header in front of its data; a
// header of device memory, which the host cannot write, lies beside it in a map. A free block keeps its list
// links in the header. Classes are geometric, eight per power of two, so a request is rounded up by at most
// an eighth.
#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdlib>
#include <limits>
#include <memory>
#include <mutex>
#include <new>
#include <unordered_map>

#include <fmt/core.h>
#include <sys/mman.h>
#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#endif

#include <infograd/core/allocator.h>
#include <infograd/core/device_memory.h>
#include <infograd/core/error.h>

namespace infograd::memory {

namespace {

constexpr size_t kAlignment = 64;
constexpr size_t kHugePage = size_t{2} << 20U;
constexpr int kStepsLog2 = 3;  // eight classes per power of two
constexpr int kSteps = 1 << kStepsLog2;
constexpr int kMinLog2 = 9;  // below 512 bytes: one class per 64 bytes
constexpr size_t kLinear = size_t{1} << kMinLog2;
constexpr int kLinearClasses = static_cast<int>(kLinear / kAlignment);
constexpr int kClasses = kLinearClasses + (48 - kMinLog2) * kSteps;

struct alignas(kAlignment) Header {
  size_t capacity = 0;  // bytes at `data`
  void* data = nullptr;
  Header* next = nullptr;  // neighbours in the list of its class
  Header* previous = nullptr;
  Header* newer = nullptr;  // neighbours by time of release
  Header* older = nullptr;
  int size_class = 0;
};
static_assert(sizeof(Header) == kAlignment);

// The sanitizer must see every block, and nothing but the bytes asked for.
#if defined(__SANITIZE_ADDRESS__)
constexpr bool kCached = false;
void forbid_all_but(Header* block, size_t bytes) {
  ASAN_POISON_MEMORY_REGION(reinterpret_cast<std::byte*>(block + 1) + bytes, block->capacity - bytes);
  ASAN_POISON_MEMORY_REGION(block, sizeof(Header));
}
void allow_header(Header* block) {
  ASAN_UNPOISON_MEMORY_REGION(block, sizeof(Header));
}
#else
constexpr bool kCached = true;
void forbid_all_but(Header* /*block*/, size_t /*bytes*/) {}
void allow_header(Header* /*block*/) {}
#endif

/// The class whose blocks hold at least `bytes`, and how much they hold.
struct SizeClass {
  int index;
  size_t capacity;
};
SizeClass class_for(size_t bytes) {
  if (bytes <= kLinear) {
    const size_t steps = bytes == 0 ? 1 : (bytes + kAlignment - 1) / kAlignment;
    return {static_cast<int>(steps) - 1, steps * kAlignment};
  }
  const int log2 = static_cast<int>(std::bit_width(bytes - 1)) - 1;  // 2^log2 < bytes <= 2^(log2+1)
  const size_t base = size_t{1} << log2;
  const size_t step = base >> kStepsLog2;
  const size_t steps = (bytes - base + step - 1) / step;  // 1..8
  return {kLinearClasses + (log2 - kMinLog2) * kSteps + static_cast<int>(steps) - 1, base + steps * step};
}

/// Where blocks come from.
class Source {
 public:
  virtual ~Source() = default;
  /// A block of `capacity` bytes with its header, or null when there is no room.
  virtual Header* acquire(size_t capacity) = 0;
  virtual void release(Header* block) noexcept = 0;
  virtual Header* header_of(void* data) = 0;
};

class HostSource final : public Source {
 public:
  Header* acquire(size_t capacity) override {
    const size_t total = capacity + sizeof(Header);
    const bool huge = kCached && total >= 2 * kHugePage;
    const size_t alignment = huge ? kHugePage : kAlignment;
    void* memory = std::aligned_alloc(alignment, (total + alignment - 1) / alignment * alignment);
    if (memory == nullptr) return nullptr;
    if (huge) madvise(memory, total, MADV_HUGEPAGE);  // fewer page faults and TLB misses; only a hint
    auto* block = static_cast<Header*>(memory);
    return new (block) Header{.capacity = capacity, .data = block + 1};
  }
  void release(Header* block) noexcept override { std::free(block); }
  Header* header_of(void* data) override { return static_cast<Header*>(data) - 1; }
};

class DeviceSource final : public Source {
 public:
  DeviceSource(const DeviceMemory& memory, int index) : memory_(memory), index_(index) {}
  Header* acquire(size_t capacity) override {
    void* data = memory_.allocate(capacity, index_);
    if (data == nullptr) return nullptr;
    auto& header = headers_[data];
    header = std::make_unique<Header>(Header{.capacity = capacity, .data = data});
    return header.get();
  }
  void release(Header* block) noexcept override {
    memory_.release(block->data, index_);
    headers_.erase(block->data);
  }
  Header* header_of(void* data) override { return headers_.at(data).get(); }

 private:
  const DeviceMemory& memory_;
  int index_;
  std::unordered_map<void*, std::unique_ptr<Header>> headers_;
};

class CachingAllocator {
 public:
  CachingAllocator(Device device, std::unique_ptr<Source> source, size_t limit)
      : device_(device), source_(std::move(source)), limit_(limit) {}

  void* allocate(size_t bytes) {
    const SizeClass wanted = class_for(bytes);
    if (wanted.index >= kClasses) fail(bytes);
    const std::lock_guard lock(mutex_);
    ++stats_.allocations;
    Header* block = take_cached(wanted.index);
    if (block == nullptr) block = from_system(wanted, bytes);
    stats_.active_bytes += block->capacity;
    stats_.peak_active_bytes = std::max(stats_.peak_active_bytes, stats_.active_bytes);
    stats_.peak_reserved_bytes =
        std::max(stats_.peak_reserved_bytes, stats_.active_bytes + stats_.cached_bytes);
    void* data = block->data;  // the header cannot be read below
    if (device_.is_cpu()) forbid_all_but(block, bytes);
    return data;
  }

  void deallocate(void* data) noexcept {
    if (data == nullptr) return;
    const std::lock_guard lock(mutex_);
    Header* block = source_->header_of(data);
    if (device_.is_cpu()) allow_header(block);
    stats_.active_bytes -= block->capacity;
    if (!kCached) {
      source_->release(block);
      return;
    }
    put_cached(block);
    trim(limit_);
  }

  Stats stats() {
    const std::lock_guard lock(mutex_);
    return stats_;
  }
  void reset_peak() {
    const std::lock_guard lock(mutex_);
    stats_.peak_active_bytes = stats_.active_bytes;
    stats_.peak_reserved_bytes = stats_.active_bytes + stats_.cached_bytes;
  }
  void set_limit(size_t bytes) {
    const std::lock_guard lock(mutex_);
    limit_ = bytes;
    trim(limit_);
  }
  void release() {
    const std::lock_guard lock(mutex_);
    trim(0);
  }

 private:
  [[noreturn]] void fail(size_t bytes) {
    const std::string message = fmt::format(
        "out of memory: {} bytes were asked for on {} with {} active and {} cached; a shape that is too "
        "large, or a graph kept alive across steps, is the usual cause",
        bytes, to_string(device_), stats_.active_bytes, stats_.cached_bytes);
    if (device_.is_cpu()) throw Error(message);
    throw DeviceError(message);
  }

  // Best fit below twice the request: the next eight classes hold everything of that size, fewer where
  // classes grow by 64 bytes.
  Header* take_cached(int index) {
    const int last = std::min({index + kSteps, 2 * index + 1, kClasses});
    for (int i = index; i < last; ++i)
      if (Header* block = heads_[static_cast<size_t>(i)]; block != nullptr) {
        unlink(block);
        return block;
      }
    return nullptr;
  }

  Header* from_system(const SizeClass& wanted, size_t bytes) {
    ++stats_.system_allocations;
    Header* block = source_->acquire(wanted.capacity);
    if (block == nullptr) {
      trim(0);
      block = source_->acquire(wanted.capacity);
      if (block == nullptr) fail(bytes);
    }
    block->size_class = wanted.index;
    return block;
  }

  void put_cached(Header* block) noexcept {
    Header*& head = heads_[static_cast<size_t>(block->size_class)];
    block->previous = nullptr;
    block->next = head;
    if (head != nullptr) head->previous = block;
    head = block;
    block->newer = nullptr;
    block->older = newest_;
    if (newest_ != nullptr) newest_->newer = block;
    newest_ = block;
    if (oldest_ == nullptr) oldest_ = block;
    stats_.cached_bytes += block->capacity;
  }

  void unlink(Header* block) noexcept {
    if (block->previous != nullptr)
      block->previous->next = block->next;
    else
      heads_[static_cast<size_t>(block->size_class)] = block->next;
    if (block->next != nullptr) block->next->previous = block->previous;
    if (block->newer != nullptr)
      block->newer->older = block->older;
    else
      newest_ = block->older;
    if (block->older != nullptr)
      block->older->newer = block->newer;
    else
      oldest_ = block->newer;
    stats_.cached_bytes -= block->capacity;
  }

  void trim(size_t limit) noexcept {
    while (stats_.cached_bytes > limit) {
      Header* block = oldest_;
      unlink(block);
      source_->release(block);
    }
  }

  Device device_;
  std::unique_ptr<Source> source_;
  size_t limit_;
  std::mutex mutex_;
  Stats stats_;
  std::array<Header*, kClasses> heads_{};
  Header* newest_ = nullptr;
  Header* oldest_ = nullptr;
};

constinit std::atomic<const DeviceMemory*> cuda_memory = nullptr;

CachingAllocator* make_cuda_allocator(int index) {
  // The driver holds what is left; no limit but the memory of the device.
  return new CachingAllocator(Device::cuda(index), std::make_unique<DeviceSource>(*cuda_memory.load(), index),
                              std::numeric_limits<size_t>::max());
}

CachingAllocator& cuda_allocator(Device device) {
  if (cuda_memory.load() == nullptr)
    throw DeviceError(
        "memory: no allocator for " + to_string(device) +
        "; this build has the CPU only. Configure with `cmake --preset cuda` (INFOGRAD_CUDA=ON), "
        "which needs the CUDA toolkit");
  if (device.index < 0 || device.index >= kMaxDevices)
    throw DeviceError("memory: there is no device " + to_string(device));
  static std::mutex mutex;
  static std::array<CachingAllocator*, kMaxDevices> instances{};
  const std::lock_guard lock(mutex);
  CachingAllocator*& instance = instances[static_cast<size_t>(device.index)];
  if (instance == nullptr) instance = make_cuda_allocator(device.index);
  return *instance;
}

// Never destroyed: tensors with static storage duration may die after any destructor of ours.
CachingAllocator& allocator_of(Device device) {
  static auto* host = new CachingAllocator(cpu, std::make_unique<HostSource>(), size_t{4} << 30U);
  return device.is_cpu() ? *host : cuda_allocator(device);
}

}  // namespace

const DeviceMemory* serve_cuda_memory(const DeviceMemory* source) {
  return cuda_memory.exchange(source);
}

Stats stats(Device device) {
  return allocator_of(device).stats();
}
void reset_peak(Device device) {
  allocator_of(device).reset_peak();
}
void release_cached(Device device) {
  allocator_of(device).release();
}
void set_cache_limit(size_t bytes, Device device) {
  allocator_of(device).set_limit(bytes);
}
void* allocate(size_t bytes, Device device) {
  return allocator_of(device).allocate(bytes);
}
void deallocate(void* block, size_t /*bytes*/, Device device) noexcept {
  allocator_of(device).deallocate(block);
}

}  // namespace infograd::memory
