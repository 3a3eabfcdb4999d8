// Counts operator new in the whole program: an optimizer's step must not touch the heap after the first.
#include <atomic>
#include <cstdlib>
#include <new>

#include <gtest/gtest.h>

#include <infograd/infograd.h>

namespace {
std::atomic<int64_t> allocations{0};
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kCounted = false;  // the sanitizer's own operator new finds more
#else
constexpr bool kCounted = true;
// Not inlined: g++ would see malloc and free where the caller wrote new and delete, and warn.
[[gnu::noinline]] void* operator new(size_t bytes) {
  ++allocations;
  if (void* memory = std::malloc(bytes != 0 ? bytes : 1)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, size_t) noexcept {
  std::free(memory);
}
#endif

namespace infograd {
namespace {

template <class O>
int64_t allocations_of_ten_steps(O& optimizer) {
  optimizer.step();
  const int64_t before = allocations;
  for (int i = 0; i < 10; ++i) optimizer.step();
  return allocations - before;
}

TEST(OptimizerHeap, ASteadyStepAllocatesNothing) {
  if (!kCounted) GTEST_SKIP() << "operator new is the sanitizer's";
  nn::Sequential net(nn::Linear(20, 30), nn::BatchNorm1d(30), nn::Linear(30, 5));
  for (Tensor& parameter : net.parameters()) parameter.set_grad(ones_like(parameter));
  optim::SGD sgd(net.parameters(), {.lr = 1e-3, .momentum = 0.9});
  optim::AdamW adam(net.named_parameters());
  adam.set_schedule(optim::CosineWarmup{.warmup_steps = 2, .total_steps = 100});
  EXPECT_EQ(allocations_of_ten_steps(sgd), 0);
  EXPECT_EQ(allocations_of_ten_steps(adam), 0);
}

}  // namespace
}  // namespace infograd
