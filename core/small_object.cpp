// Free lists for the small objects of the graph (handles, nodes, storages): no malloc in a steady-state step.
#include <array>
#include <cstddef>
#include <cstdlib>
#include <new>
#include <utility>

#include <infograd/core/refcount.h>
#include <infograd/core/tensor.h>

namespace infograd {

namespace {

constexpr size_t kGranule = 32;
constexpr size_t kClasses = 32;  // up to 1 KiB
constexpr size_t kMaxPerClass =
    4096;  // beyond it a thread gives blocks back: lists cannot grow without bound

struct FreeBlock {
  FreeBlock* next;
};

// Trivial, so that objects which die after the thread's lists were freed can still look at `closed`.
struct FreeLists {
  std::array<FreeBlock*, kClasses> head;
  std::array<uint32_t, kClasses> count;
  bool closed;
  bool registered;
};
thread_local FreeLists lists{};

struct FreeListsOwner {
  ~FreeListsOwner() {
    lists.closed = true;
    for (FreeBlock*& head : lists.head)
      while (head != nullptr) std::free(std::exchange(head, head->next));
  }
};

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kPooled = false;  // let the sanitizer see every object
#else
constexpr bool kPooled = true;
#endif

void* small_allocate(size_t bytes) {
  const size_t index = (bytes - 1) / kGranule;
  if (kPooled && index < kClasses) {
    if (FreeBlock* block = lists.head[index]; block != nullptr) {
      lists.head[index] = block->next;
      --lists.count[index];
      return block;
    }
    bytes = (index + 1) * kGranule;
  }
  void* memory = std::malloc(bytes);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

void small_free(void* memory, size_t bytes) noexcept {
  if (memory == nullptr) return;
  const size_t index = (bytes - 1) / kGranule;
  if (!kPooled || index >= kClasses || lists.closed || lists.count[index] >= kMaxPerClass) {
    std::free(memory);
    return;
  }
  if (!lists.registered) {
    thread_local FreeListsOwner owner;
    (void)owner;
    lists.registered = true;
  }
  auto* block = static_cast<FreeBlock*>(memory);
  block->next = lists.head[index];
  lists.head[index] = block;
  ++lists.count[index];
}

}  // namespace

RefCounted::~RefCounted() = default;
void* RefCounted::operator new(size_t bytes) {
  return small_allocate(bytes);
}
void RefCounted::operator delete(void* memory, size_t bytes) noexcept {
  small_free(memory, bytes);
}

AutogradMeta::~AutogradMeta() = default;
void* AutogradMeta::operator new(size_t bytes) {
  return small_allocate(bytes);
}
void AutogradMeta::operator delete(void* memory, size_t bytes) noexcept {
  small_free(memory, bytes);
}

}  // namespace infograd
