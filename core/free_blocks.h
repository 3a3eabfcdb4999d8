// Private: blocks of memory that nobody holds, found by size and by age.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>

namespace infograd::memory {

inline constexpr size_t kAlignment = 64;
inline constexpr int kStepsLog2 = 3;  // eight classes per power of two
inline constexpr int kSteps = 1 << kStepsLog2;
inline constexpr int kMinLog2 = 9;  // below 512 bytes: one class per 64 bytes
inline constexpr size_t kLinear = size_t{1} << kMinLog2;
inline constexpr int kLinearClasses = static_cast<int>(kLinear / kAlignment);
inline constexpr int kClasses = kLinearClasses + (48 - kMinLog2) * kSteps;

struct Pool;

/// What the allocator knows of a block; a free one keeps its list links here.
struct alignas(kAlignment) Header {
  size_t capacity = 0;  // bytes at `data`
  void* data = nullptr;
  Header* next = nullptr;  // neighbours in the list of its class
  Header* previous = nullptr;
  Header* newer = nullptr;  // neighbours by time of release
  Header* older = nullptr;
  Pool* pool = nullptr;  // whom it belongs to; null: anybody
  int size_class = 0;
};
static_assert(sizeof(Header) == kAlignment);

/// The class whose blocks hold at least `bytes`, and how much they hold. Classes are geometric, so a request
/// is rounded up by at most an eighth.
struct SizeClass {
  int index;
  size_t capacity;
};
inline SizeClass class_for(size_t bytes) {
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

class FreeBlocks {
 public:
  size_t bytes() const { return bytes_; }
  Header* oldest() const { return oldest_; }

  /// Best fit below twice the request, null if there is none: the next eight classes hold everything of that
  /// size, fewer where classes grow by 64 bytes.
  Header* take(int index) {
    const int last = std::min({index + kSteps, 2 * index + 1, kClasses});
    for (int i = index; i < last; ++i)
      if (Header* block = heads_[static_cast<size_t>(i)]; block != nullptr) {
        remove(block);
        return block;
      }
    return nullptr;
  }

  void put(Header* block) noexcept {
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
    bytes_ += block->capacity;
  }

  void remove(Header* block) noexcept {
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
    bytes_ -= block->capacity;
  }

 private:
  std::array<Header*, kClasses> heads_{};
  Header* newest_ = nullptr;
  Header* oldest_ = nullptr;
  size_t bytes_ = 0;
};

}  // namespace infograd::memory
