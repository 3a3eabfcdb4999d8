// The tiled forms: equal to the dense ones, identical for any thread count, and small.
#include <cmath>
#include <cstring>

#include <gtest/gtest.h>

#include <infograd/autograd/engine.h>
#include <infograd/backends/registry.h>
#include <infograd/core/allocator.h>
#include <infograd/core/error.h>
#include <infograd/core/parallel.h>
#include <infograd/losses/mi/info_nce.h>
#include <infograd/losses/mi/primitives.h>
#include <infograd/ops/creation.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/matmul.h>
#include <infograd/ops/random_ops.h>
#include <infograd/ops/reduce.h>
#include <infograd/ops/shape_ops.h>

namespace infograd::losses {
namespace {

struct Factors {
  Tensor u, v;
};

Factors factors(int64_t k, int64_t depth, DType dtype, double spread = 1) {
  Generator generator(17);
  Factors f{rand_normal({k, depth}, 0, spread, dtype, generator),
            rand_normal({k, depth}, 0, spread, dtype, generator)};
  f.u.set_requires_grad();
  f.v.set_requires_grad();
  return f;
}

double relative_difference(const Tensor& a, const Tensor& b) {
  return max(abs(a - b)).item() / max(abs(b)).item();
}

/// Bits of a loss and of its gradients.
std::vector<std::byte> bits(const Tensor& loss, const std::vector<Tensor>& inputs) {
  std::vector<std::byte> all;
  std::vector<Tensor> values{loss};
  for (const Tensor& g : grad(loss, inputs)) values.push_back(g.contiguous());
  for (const Tensor& x : values) {
    const auto* data = static_cast<const std::byte*>(x.raw_data());
    all.insert(all.end(), data, data + x.numel() * static_cast<int64_t>(item_size(x.dtype())));
  }
  return all;
}

/// Sizes that end in the middle of a tile and of a vector; spreads that need one shift, its search, and two
/// shifts.
TEST(Tiled, EqualsDense) {
  for (const DType dtype : {DType::f32, DType::f64}) {
    const double tolerance = dtype == DType::f32 ? 1e-5 : 1e-12;
    for (const double spread : {0.3, 1.0, 2.5}) {
      const Factors f = factors(75, 6, dtype, spread);
      for (const int64_t tile : {0, 16, 33}) {
        const Tensor tiled = info_nce(f.u, f.v, {.temperature = 0.5, .tile = tile});
        const Tensor dense = info_nce(matmul(f.u, transpose(f.v)), {.temperature = 0.5});
        EXPECT_LE(relative_difference(tiled, dense), tolerance) << name(dtype) << spread << " " << tile;
        const auto a = grad(tiled, {f.u, f.v}), b = grad(dense, {f.u, f.v});
        EXPECT_LE(relative_difference(a[0], b[0]), tolerance) << name(dtype) << spread << " " << tile;
        EXPECT_LE(relative_difference(a[1], b[1]), tolerance) << name(dtype) << spread << " " << tile;
      }
    }
  }
}

TEST(Tiled, BackendsAgree) {
  for (const double spread : {0.3, 8.0}) {
    const Factors f = factors(50, 5, DType::f64, spread);
    const Tensor labels = rand_integers({50}, 0, 9);
    const auto run = [&](const char* backend) {
      const BackendScope scope(backend);
      const Tensor lse = all_pairs_lse(f.u, f.v, 0.7, labels, 16);
      const Tensor weights = sin(arange(0, 150, 1, DType::f64));
      std::vector<Tensor> all = grad(sum(reshape(lse, {150}) * weights), {f.u, f.v});
      all.push_back(lse);
      return all;
    };
    const auto fast = run("cpu"), plain = run("reference");
    for (size_t i = 0; i < fast.size(); ++i) EXPECT_LE(relative_difference(fast[i], plain[i]), 1e-12) << i;
  }
}

TEST(Tiled, SameBitsForAnyThreadCount) {
  const int before = num_threads();
  for (const DType dtype : {DType::f32, DType::f64}) {
    const Factors f = factors(600, 24, dtype);
    std::vector<std::byte> tiled, dense;
    for (const int threads : {1, 2, 4, 8}) {
      set_num_threads(threads);
      const auto now = bits(info_nce(f.u, f.v), {f.u, f.v});
      Tensor s = full({600, 600}, 0, dtype);
      s = (unsqueeze(select(f.u, 1, 0), 1) * unsqueeze(select(f.v, 1, 0), 0)).detach().set_requires_grad();
      const auto matrix = bits(info_nce(s), {s});
      if (tiled.empty()) tiled = now, dense = matrix;
      EXPECT_EQ(now, tiled) << threads;
      EXPECT_EQ(matrix, dense) << threads;
    }
  }
  set_num_threads(before);
}

TEST(Tiled, LabelsLeaveRowsWithoutNegativesAtZero) {
  const Factors f = factors(4, 3, DType::f64);
  const Tensor labels = from_data(std::vector<int64_t>{1, 1, 1, 1}, {4});
  const Tensor loss = info_nce(f.u, f.v, {.labels = labels});
  EXPECT_EQ(loss.item(), 0);
  EXPECT_EQ(max(abs(grad(loss, {f.u})[0])).item(), 0);
}

/// u, v and their gradients take 4 K d floats, the vectors a few K, the tiles a few megabytes whatever K is.
void expect_linear_memory(int64_t k, int64_t depth, size_t limit) {
  const Factors f = factors(k, depth, DType::f32, 0.3);
  memory::release_cached();
  memory::reset_peak();
  const size_t before = memory::stats().active_bytes;
  const Tensor loss = info_nce(f.u, f.v);
  const auto gradients = grad(loss, {f.u, f.v});
  EXPECT_TRUE(std::isfinite(loss.item()));
  EXPECT_TRUE(std::isfinite(sum(gradients[0]).item()));
  EXPECT_LT(memory::stats().peak_active_bytes - before, limit);
}

TEST(Tiled, MemoryIsLinearInThePairs) {
  // Dense: 256 MiB for one score matrix. Here: two gradients of 1 MiB, vectors, one tile of 1 MiB per thread.
  expect_linear_memory(8192, 32, size_t{8} << 20U);
}

// Takes about a minute of two cores: run with --gtest_also_run_disabled_tests.
TEST(Tiled, DISABLED_MemoryAt65536Pairs) {
  expect_linear_memory(65536, 32, size_t{64} << 20U);
}

TEST(Tiled, Messages) {
  const Factors f = factors(4, 3, DType::f32);
  EXPECT_THROW(info_nce(f.u, slice(f.v, 0, 0, 3)), ShapeError);
  EXPECT_THROW(info_nce(f.u, f.v.detach().to(DType::f64)), DTypeError);
  EXPECT_THROW(info_nce(f.u, f.v, {.labels = zeros({4})}), DTypeError);
  for (const int64_t n : {3, 5, 1 << 20})
    EXPECT_THROW(info_nce(f.u, f.v, {.labels = zeros({n}, DType::i64)}), ShapeError) << n;
  EXPECT_THROW(info_nce(f.u, f.v, {.tile = -1}), ValueError);
  EXPECT_THROW(info_nce(f.u, f.v, {.temperature = -1}), ValueError);
  EXPECT_THROW(grad(info_nce(f.u, f.v), {f.u}, true), Error);
}

}  // namespace
}  // namespace infograd::losses
