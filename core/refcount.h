// Intrusive reference counting: one word per handle, one allocation per object.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

#include <infograd/core/export.h>

namespace infograd {

/// Base of shared objects. The last release calls destroy(), which a subclass may redirect.
class INFOGRAD_API RefCounted {
 public:
  RefCounted() = default;
  RefCounted(const RefCounted&) = delete;
  RefCounted& operator=(const RefCounted&) = delete;
  void retain() const noexcept { count_.fetch_add(1, std::memory_order_relaxed); }
  void release() const noexcept {
    if (count_.fetch_sub(1, std::memory_order_acq_rel) == 1) const_cast<RefCounted*>(this)->destroy();
  }
  uint32_t use_count() const noexcept { return count_.load(std::memory_order_acquire); }

  // Small objects come from a per-thread free list (core/small_object.cpp): no malloc in a steady-state step.
  static void* operator new(size_t bytes);
  static void operator delete(void* memory, size_t bytes) noexcept;

 protected:
  virtual ~RefCounted();
  virtual void destroy() noexcept { delete this; }

 private:
  mutable std::atomic<uint32_t> count_{0};
};

/// Smart pointer to a RefCounted.
template <class T>
class Ref {
 public:
  Ref() = default;
  Ref(std::nullptr_t) {}  // NOLINT(google-explicit-constructor): null is a natural Ref
  explicit Ref(T* object) : object_(object) {
    if (object_ != nullptr) object_->retain();
  }
  Ref(const Ref& other) : Ref(other.object_) {}
  Ref(Ref&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  ~Ref() {
    if (object_ != nullptr) object_->release();
  }
  Ref& operator=(Ref other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  T* get() const { return object_; }
  T* operator->() const { return object_; }
  T& operator*() const { return *object_; }
  explicit operator bool() const { return object_ != nullptr; }
  bool operator==(const Ref& other) const = default;
  void reset() { *this = Ref(); }

 private:
  T* object_ = nullptr;
};

template <class T, class... Args>
Ref<T> make_ref(Args&&... args) {
  return Ref<T>(new T(std::forward<Args>(args)...));
}

}  // namespace infograd
