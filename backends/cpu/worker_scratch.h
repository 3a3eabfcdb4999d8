// Private: scratch memory for the tasks of a parallel region, asked for before the region begins: how much is
// allocated does not depend on which tasks happen to run at the same time.
#pragma once

#include <atomic>
#include <cstddef>
#include <vector>

#include <infograd/core/allocator.h>
#include <infograd/core/parallel.h>

namespace infograd {

class WorkerScratch {
 public:
  explicit WorkerScratch(size_t bytes_per_worker)
      : stride_((bytes_per_worker + kAlignment - 1) / kAlignment * kAlignment),
        taken_(static_cast<size_t>(num_threads())),
        memory_(stride_ * taken_.size()) {}

  /// One worker's part, 64-byte aligned, until the lease ends.
  class Lease {
   public:
    explicit Lease(WorkerScratch& from) : slot_(from.find()), taken_(from.taken_[slot_]), from_(from) {}
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    ~Lease() { taken_.store(false, std::memory_order_release); }
    template <class T>
    T* as() const {
      return reinterpret_cast<T*>(from_.memory_.as<std::byte>() + slot_ * from_.stride_);
    }

   private:
    size_t slot_;
    std::atomic<bool>& taken_;
    const WorkerScratch& from_;
  };

 private:
  static constexpr size_t kAlignment = 64;

  /// As many parts as threads: one is always free.
  size_t find() {
    for (size_t i = 0;; i = (i + 1) % taken_.size())
      if (!taken_[i].exchange(true, std::memory_order_acquire)) return i;
  }

  size_t stride_;
  std::vector<std::atomic<bool>> taken_;
  memory::Scratch memory_;
};

}  // namespace infograd
