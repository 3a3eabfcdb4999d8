#include <fstream>
#include <thread>

#include <infograd/backends/cpu/onednn.h>
#include <infograd/backends/registry.h>
#include <infograd/core/allocator.h>
#include <infograd/core/error.h>
#include <infograd/core/parallel.h>

#include "tests/backends/products.h"

namespace infograd::test {
namespace {

void multiply(const Array& a, const Array& b, const Array& out) {
  backend_by_name("cpu").gemm({.out = out.view, .a = a.view, .b = b.view, .bias = {}});
}

void multiply_rows(int64_t rows) {
  Array a({rows, 100}, DType::f32), b({100, 120}, DType::f32), out({rows, 120}, DType::f32);
  a.fill(1), b.fill(2);
  multiply(a, b, out);
}

TEST(PrimitiveCache, EqualCallsShareAProgramAndOthersDoNot) {
  multiply_rows(301);
  const auto before = onednn::cache_stats();
  multiply_rows(301);
  EXPECT_EQ(onednn::cache_stats().made, before.made);
  multiply_rows(302);
  EXPECT_EQ(onednn::cache_stats().made, before.made + 1);
}

TEST(PrimitiveCache, EveryPartOfACallIsPartOfTheKey) {
  Array a({96, 96}, DType::f32), b({96, 96}, DType::f32), bias({96}, DType::f32), out({96, 96}, DType::f32);
  a.fill(1), b.fill(2), bias.fill(3);
  GemmArgs args{.out = out.view, .a = a.view, .b = b.view, .bias = {}};
  const auto makes_one = [&](const char* what) {
    const auto before = onednn::cache_stats().made;
    backend_by_name("cpu").gemm(args);
    EXPECT_EQ(onednn::cache_stats().made, before + 1) << what;
    backend_by_name("cpu").gemm(args);
    EXPECT_EQ(onednn::cache_stats().made, before + 1) << what;
  };
  makes_one("first");
  args.bias = bias.view;
  makes_one("bias");
  args.activation = Activation::tanh;
  makes_one("activation");
  std::swap(args.b.strides[0], args.b.strides[1]);
  makes_one("strides");
  args.activation = Activation::none;
  args.bias = {};
  args.alpha = 0.5;
  makes_one("alpha");
  args.alpha = 1;
  args.beta = 1;
  makes_one("beta");
  const int threads = num_threads();
  set_num_threads(threads + 1);
  makes_one("threads");
  set_num_threads(threads);
}

TEST(PrimitiveCache, IsBounded) {
  const int capacity = onednn::cache_capacity();
  onednn::set_cache_capacity(8);
  EXPECT_LE(onednn::cache_stats().size, 8);
  for (int64_t rows = 100; rows < 140; ++rows) {
    multiply_rows(rows);
    EXPECT_LE(onednn::cache_stats().size, 8);
  }
  const auto made = onednn::cache_stats().made;
  multiply_rows(139);
  EXPECT_EQ(onednn::cache_stats().made, made);  // the latest are kept
  multiply_rows(100);
  EXPECT_EQ(onednn::cache_stats().made, made + 1);
  onednn::set_cache_capacity(capacity);
  EXPECT_THROW(onednn::set_cache_capacity(0), Error);
}

// Pages of this process in memory; 0 under a sanitizer, which keeps freed memory for a while.
int64_t resident_pages() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return 0;
#endif
  std::ifstream statm("/proc/self/statm");
  int64_t total = 0, resident = 0;
  statm >> total >> resident;
  return resident;
}

TEST(PrimitiveCache, MemoryStaysFlatOverRandomBatchSizes) {
  const int capacity = onednn::cache_capacity();
  onednn::set_cache_capacity(32);
  const auto step = [](uint64_t i) {
    const auto rows = static_cast<int64_t>(1 + philox_block({7, 0, 0}, i)[0] % 256);
    Array x({rows, 4, 5, 5}, DType::f32, Layout::channels_last), w({8, 4, 3, 3}, DType::f32);
    Array y({rows, 8, 3, 3}, DType::f32, Layout::channels_last);
    x.fill(1), w.fill(2);
    backend_by_name("cpu").conv({.x = x.view, .w = w.view, .bias = {}, .y = y.view});
    multiply_rows(rows);
  };
  for (uint64_t i = 0; i < 300; ++i) step(i);
  const auto warm = memory::stats();
  const int64_t warm_pages = resident_pages();
  for (uint64_t i = 300; i < 1300; ++i) step(i);
  const auto end = memory::stats();
  EXPECT_EQ(end.active_bytes, warm.active_bytes);  // programs own no scratch memory
  EXPECT_LE(end.cached_bytes, warm.cached_bytes + (4U << 20U));
  EXPECT_LE(resident_pages(), warm_pages + (16 << 20) / 4096);
  EXPECT_LE(onednn::cache_stats().size, 32);
  onednn::set_cache_capacity(capacity);
}

TEST(PrimitiveCache, ThreadsDoNotShareAddresses) {
  Array a({128, 100}, DType::f32), b({100, 120}, DType::f32), want({128, 120}, DType::f32);
  a.fill(1), b.fill(2);
  multiply(a, b, want);
  std::vector<std::thread> workers;
  for (int t = 0; t < 4; ++t)
    workers.emplace_back([&] {
      for (int i = 0; i < 50; ++i) {
        Array out({128, 120}, DType::f32);
        multiply(a, b, out);
        ASSERT_EQ(out.bytes, want.bytes);
      }
    });
  for (std::thread& worker : workers) worker.join();
}

// What the documentation promises about thread counts: a matrix product or convolution may change in its last
// bits.
TEST(PrimitiveCache, ThreadCountChangesResultsByRoundingAtMost) {
  const int threads = num_threads();
  Array a({200, 300}, DType::f32), b({300, 170}, DType::f32), out1({200, 170}, DType::f32), out2 = out1;
  a.fill(1), b.fill(2);
  set_num_threads(1);
  multiply(a, b, out1);
  set_num_threads(2);
  multiply(a, b, out2);
  set_num_threads(threads);
  expect_close(out1.view, out2.view, 300, "gemm");
}

}  // namespace
}  // namespace infograd::test
