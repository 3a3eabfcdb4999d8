// The caching allocator of every device. A block of the CPU carries a 64-byte header in front of its data; a
// header of device memory, which the host cannot write, lies beside it in a map.
#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <limits>
#include <memory>
#include <mutex>
#include <new>
#include <unordered_map>
#include <unordered_set>

#include <fmt/core.h>
#include <sys/mman.h>
#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#endif

#include <infograd/core/allocator.h>
#include <infograd/core/device_memory.h>
#include <infograd/core/error.h>
#include <infograd/core/free_blocks.h>
#include <infograd/core/private_pool.h>

namespace infograd::memory {

/// Guarded by the mutex of the allocator of its device.
struct Pool {
  Device device;
  FreeBlocks free;
  std::unordered_set<Header*> members;  // free ones and those that are held
  size_t bytes = 0;
};

namespace {

thread_local Pool* pool_in_use = nullptr;

constexpr size_t kHugePage = size_t{2} << 20U;

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

/// Where blocks come from.
class Source {
 public:
  virtual ~Source() = default;
  /// A block of `capacity` bytes with its header, or null when there is no room.
  virtual Header* acquire(size_t capacity) = 0;
  virtual void release(Header* block) noexcept = 0;
  virtual Header* header_of(void* data) = 0;
  /// What it says of itself when it has no room left; may be empty.
  virtual std::string describe() const { return {}; }
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
  std::string describe() const override {
    return memory_.describe != nullptr ? "; " + memory_.describe(index_) : "";
  }

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
    Pool* const pool = present_pool();
    const std::lock_guard lock(mutex_);
    if (wanted.index >= kClasses) fail(bytes);
    ++stats_.allocations;
    Header* block = pool != nullptr ? pool->free.take(wanted.index) : nullptr;
    if (block == nullptr) block = cache_.take(wanted.index);
    if (block == nullptr) block = from_system(wanted, bytes, pool != nullptr);
    if (pool != nullptr) adopt(*pool, block);
    ++stats_.active_blocks;
    stats_.active_bytes += block->capacity;
    stats_.peak_active_bytes = std::max(stats_.peak_active_bytes, stats_.active_bytes);
    stats_.peak_reserved_bytes = std::max(stats_.peak_reserved_bytes, reserved());
    void* data = block->data;  // the header cannot be read below
    if (device_.is_cpu()) forbid_all_but(block, bytes);
    return data;
  }

  void deallocate(void* data) noexcept {
    if (data == nullptr) return;
    Pool* const pool = present_pool();
    const std::lock_guard lock(mutex_);
    Header* block = source_->header_of(data);
    if (device_.is_cpu()) allow_header(block);
    --stats_.active_blocks;
    stats_.active_bytes -= block->capacity;
    if (pool != nullptr && block->pool == nullptr) adopt(*pool, block);
    if (block->pool != nullptr) return block->pool->free.put(block);
    if (!kCached) {
      source_->release(block);
      return;
    }
    cache_.put(block);
    trim(limit_);
  }

  Stats stats() {
    const std::lock_guard lock(mutex_);
    Stats result = stats_;
    result.cached_bytes = cache_.bytes();
    result.pooled_bytes = pooled();
    return result;
  }
  void reset_peak() {
    const std::lock_guard lock(mutex_);
    stats_.peak_active_bytes = stats_.active_bytes;
    stats_.peak_reserved_bytes = reserved();
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

  void enlist(Pool& pool) {
    const std::lock_guard lock(mutex_);
    pools_.insert(&pool);
  }
  void dissolve(Pool& pool) noexcept {
    const std::lock_guard lock(mutex_);
    for (Header* block : pool.members) block->pool = nullptr;
    while (Header* block = pool.free.oldest()) {
      pool.free.remove(block);
      cache_.put(block);
    }
    pools_.erase(&pool);
    trim(kCached ? limit_ : 0);
  }
  size_t bytes_of(const Pool& pool) {
    const std::lock_guard lock(mutex_);
    return pool.bytes;
  }

 private:
  Pool* present_pool() const {
    return pool_in_use != nullptr && pool_in_use->device == device_ ? pool_in_use : nullptr;
  }

  static void adopt(Pool& pool, Header* block) {
    if (!pool.members.insert(block).second) return;
    block->pool = &pool;
    pool.bytes += block->capacity;
  }

  size_t pooled() const {
    size_t bytes = 0;
    for (const Pool* pool : pools_) bytes += pool->free.bytes();
    return bytes;
  }
  size_t reserved() const { return stats_.active_bytes + cache_.bytes() + pooled(); }

  [[noreturn]] void fail(size_t bytes) {
    const std::string message = fmt::format(
        "out of memory: {} bytes were asked for on {} with {} active in {} tensors and buffers, {} cached "
        "and {} kept by {} captured graphs{}; a shape that is too large, or results that "
        "keep their autograd graph alive across steps, is the usual cause",
        bytes, to_string(device_), stats_.active_bytes, stats_.active_blocks, cache_.bytes(), pooled(),
        pools_.size(), source_->describe());
    if (device_.is_cpu()) throw Error(message);
    throw DeviceError(message);
  }

  /// `keep`: nothing may be given back to make room.
  Header* from_system(const SizeClass& wanted, size_t bytes, bool keep) {
    ++stats_.system_allocations;
    Header* block = source_->acquire(wanted.capacity);
    if (block == nullptr && !keep) {
      trim(0);
      block = source_->acquire(wanted.capacity);
    }
    if (block == nullptr) fail(bytes);
    block->size_class = wanted.index;
    return block;
  }

  void trim(size_t limit) noexcept {
    while (cache_.bytes() > limit) {
      Header* block = cache_.oldest();
      cache_.remove(block);
      source_->release(block);
    }
  }

  Device device_;
  std::unique_ptr<Source> source_;
  size_t limit_;
  std::mutex mutex_;
  Stats stats_;
  FreeBlocks cache_;
  std::unordered_set<const Pool*> pools_;
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

PrivatePool::PrivatePool(Device device) : pool_(std::make_unique<Pool>()) {
  pool_->device = device;
  allocator_of(device).enlist(*pool_);
}
PrivatePool::~PrivatePool() {
  allocator_of(pool_->device).dissolve(*pool_);
}
size_t PrivatePool::bytes() const {
  return allocator_of(pool_->device).bytes_of(*pool_);
}
PrivatePool::Use::Use(PrivatePool& pool) {
  if (pool_in_use != nullptr) throw Error("memory: a private pool is in use on this thread already");
  pool_in_use = pool.pool_.get();
}
PrivatePool::Use::~Use() {
  pool_in_use = nullptr;
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
