// How products and factorisations are handed to the libraries, on libraries of the test that take what the
// true ones take: the calls themselves, their layouts, epilogues, workspaces and streams.
#include <cstring>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <infograd/backends/capture.h>
#include <infograd/backends/cuda/cuda_backend.h>
#include <infograd/backends/cuda/cuda_linalg.h>
#include <infograd/backends/cuda/cudnn_conv.h>
#include <infograd/backends/cuda/late_checks.h>
#include <infograd/backends/cuda/linalg_body.h>
#include <infograd/backends/cuda/linalg_kernels.h>
#include <infograd/backends/cuda/products.h>
#include <infograd/backends/cuda/runtime.h>
#include <infograd/backends/cuda/stream.h>
#include <infograd/backends/reference/reference_backend.h>
#include <infograd/backends/reference/reference_linalg.h>
#include <infograd/backends/visit_real.h>
#include <infograd/core/error.h>
#include <infograd/core/generator.h>

#include "tests/backends/helpers.h"
#include "tests/cuda/libraries/plain_cublaslt.h"
#include "tests/cuda/streams/lazy_cuda.h"
#include "tests/message_of.h"

// What the sources under test need of the others: kernels by their bodies, in the order of the stream.
namespace infograd {

class StreamBackend final : public ReferenceBackend {
 public:
  void binary(BinaryOp op, View out, ConstView a, ConstView b, double alpha) override {
    later([=, this] { ReferenceBackend::binary(op, out, a, b, alpha); });
  }
  void copy(View out, ConstView x) override {
    later([=, this] { ReferenceBackend::copy(out, x); });
  }
  void reduce(ReduceOp op, View out, ConstView x, double param) override {
    later([=, this] { ReferenceBackend::reduce(op, out, x, param); });
  }
  void gemm(const GemmArgs& args) override {
    later([args, this] { ReferenceBackend::gemm(args); });
  }

 private:
  template <class F>
  static void later(F&& f) {
    lazy::run_on(cuda::stream(), f);
  }
};
Backend& cuda_backend(int) {
  static StreamBackend backend;
  return backend;
}

namespace cuda {

void fetch_late_checks(int) {}
void report_late_checks(int) {}
std::string cudnn_version() {
  return "no cuDNN";
}
template <class Body>
void each(const Body& body, int64_t n) {
  lazy::run_on(stream(), [=] {
    for (int64_t i = 0; i < n; ++i) body.run(i);
  });
}
void keep_lower(const View& a) {
  visit_real(a.dtype, [&](auto zero) {
    using T = decltype(zero);
    each(KeepLower<T>{a.as<T>(), a.shape[1]}, a.numel());
  });
}
void take_r(const ConstView& columns, const View& r, void* signs) {
  visit_real(r.dtype, [&](auto zero) {
    using T = decltype(zero);
    each(TakeR<T>{columns.as<T>(), r.as<T>(), static_cast<T*>(signs), columns.shape[1], r.shape[1]},
         r.numel());
  });
}
void write_determinant(const ConstView& lu, const int* pivots, const int* info, const View& sign,
                       const View& logabsdet) {
  visit_real(lu.dtype, [&](auto zero) {
    using T = decltype(zero);
    const Determinant<T> body{lu.as<T>(), pivots, info, sign.as<T>(), logabsdet.as<T>(), lu.shape[0]};
    lazy::run_on(stream(), [=] {
      auto total = body.lane(0);
      for (int thread = 1; thread < kThreads; ++thread) total = body.add(total, body.lane(thread));
      body.write(total);
    });
  });
}
void finish_distances(const View& out, const ConstView& x, const ConstView& y, const ConstView& x_squares,
                      const ConstView& y_squares) {
  visit_real(out.dtype, [&](auto zero) {
    using T = decltype(zero);
    each(Distances<T>{out.as<T>(), x.as<T>(), y.as<T>(), x_squares.as<T>(), y_squares.as<T>(), out.shape[0],
                      out.shape[1], x.shape[1]},
         out.numel());
  });
}

namespace {

using infograd::test::values;
using ::testing::HasSubstr;

class CudaLibraries : public ::testing::Test {
 protected:
  CudaLibraries() { memory::serve_cuda_memory(&runtime::device_memory()); }
  ~CudaLibraries() override { plain::refuse_epilogues(false); }
  static void finish() { runtime::synchronize("test", 0); }
};

// Products.

class RandomMatrices {
 public:
  explicit RandomMatrices(uint64_t seed) : generator_(seed) {}
  int64_t below(int64_t n) { return static_cast<int64_t>(generator_.below(static_cast<uint64_t>(n))); }
  bool coin() { return below(2) == 0; }

  /// Small integers: their products are exact in every type.
  Tensor numbers(int64_t n, DType dtype) {
    std::vector<double> list(static_cast<size_t>(n));
    for (double& x : list) x = static_cast<double>(below(7) - 3);
    return test::make({n}, list, dtype);
  }
  /// [batch, rows, columns] of some memory, by rows or columns, with gaps; a batch that repeats if it may.
  View view(Tensor& memory, const Shape& shape, DType dtype, bool may_repeat) {
    const bool transposed = coin();
    const int64_t inner = transposed ? shape[1] : shape[2], ld = inner + below(3),
                  outer = transposed ? shape[2] : shape[1];
    const int64_t step = may_repeat && below(4) == 0 ? 0 : ld * outer + below(3);
    memory = numbers(ld * outer + (shape[0] - 1) * step, dtype);
    return {memory.raw_data(), dtype, shape, transposed ? Strides{step, 1, ld} : Strides{step, ld, 1}};
  }

 private:
  Generator generator_;
};

double at(const View& v, const std::vector<double>& memory, int64_t b, int64_t i, int64_t j) {
  return memory[static_cast<size_t>(b * v.strides[0] + i * v.strides[1] + j * v.strides[2])];
}

TEST_F(CudaLibraries, ProductsOfAnyLayoutAndType) {
  RandomMatrices random(5);
  int with_bias = 0;
  for (int trial = 0; trial < 1500; ++trial) {
    const int64_t batch = 1 + random.below(3), m = 1 + random.below(5), n = 1 + random.below(5),
                  k = 1 + random.below(5);
    const DType dtype =
        std::vector{DType::f32, DType::f64, DType::bf16}[static_cast<size_t>(random.below(3))];
    const DType out_type = dtype == DType::bf16 && random.coin() ? DType::f32 : dtype;
    Tensor a_memory, b_memory, out_memory;
    const View a = random.view(a_memory, {batch, m, k}, dtype, true),
               b = random.view(b_memory, {batch, k, n}, dtype, true),
               out = random.view(out_memory, {batch, m, n}, out_type, false);
    const Tensor bias = random.numbers(n, out_type);
    const std::vector<double> x = values(a_memory), y = values(b_memory), before = values(out_memory);
    const double alpha = random.coin() ? 1 : 2, beta = random.coin() ? 0 : 1;
    GemmArgs args{.out = out, .a = a, .b = b, .bias = random.coin() ? ConstView(bias) : ConstView()};
    const GemmPlan plan = plan_gemm(out, a, b);
    const Epilogue epilogue = choose_epilogue(plan, dtype, out_type, request_of(args));
    ASSERT_TRUE(multiply(plan, {.operands = dtype,
                                .out_type = out_type,
                                .tensor_float = random.coin(),
                                .out = out.data,
                                .a = a.data,
                                .b = b.data,
                                .epilogue = epilogue,
                                .bias = args.bias.data,
                                .alpha = alpha,
                                .beta = beta}));
    finish();
    with_bias += epilogue == Epilogue::bias ? 1 : 0;
    const std::vector<double> after = values(out_memory), added = values(bias);
    for (int64_t g = 0; g < batch; ++g)
      for (int64_t i = 0; i < m; ++i)
        for (int64_t j = 0; j < n; ++j) {
          double sum = 0;
          for (int64_t l = 0; l < k; ++l) sum += at(a, x, g, i, l) * at(b, y, g, l, j);
          const double expected = alpha * sum + beta * at(out, before, g, i, j) +
                                  (epilogue == Epilogue::bias ? added[static_cast<size_t>(j)] : 0);
          ASSERT_EQ(at(out, after, g, i, j), expected) << "trial " << trial;
        }
  }
  EXPECT_GT(with_bias, 100);
}

TEST_F(CudaLibraries, TheGradientsOfALayerInOneProduct) {
  RandomMatrices random(9);
  for (const DType dtype : {DType::f32, DType::bf16})
    for (const bool refused : {false, true}) {
      const int64_t rows = 6, in = 3, outputs = refused ? 5 : 4;
      plain::refuse_epilogues(refused);
      const Tensor dz = random.numbers(rows * outputs, dtype), x = random.numbers(rows * in, dtype);
      const Tensor weight = test::make({outputs, in},
                                       std::vector<double>(static_cast<size_t>(outputs * in), 9), dtype),
                   sums = test::make({outputs}, std::vector<double>(static_cast<size_t>(outputs), 9), dtype);
      const GemmArgs args{.out = View(weight),
                          .a = ConstView(dz.raw_data(), dtype, {outputs, rows}, {1, outputs}),
                          .b = ConstView(x.raw_data(), dtype, {rows, in}, {in, 1}),
                          .bias = {}};
      ASSERT_EQ(multiply_with_row_sums(args, View(sums), 0), !refused);
      finish();
      if (refused) {
        EXPECT_EQ(values(weight)[0], 9) << "nothing was done";
        continue;
      }
      const std::vector<double> left = values(dz), right = values(x), bias = values(sums),
                                product = values(weight);
      for (int64_t o = 0; o < outputs; ++o) {
        double sum = 0;
        for (int64_t r = 0; r < rows; ++r) sum += left[static_cast<size_t>(r * outputs + o)];
        EXPECT_EQ(bias[static_cast<size_t>(o)], sum);
        for (int64_t i = 0; i < in; ++i) {
          double term = 0;
          for (int64_t r = 0; r < rows; ++r)
            term += left[static_cast<size_t>(r * outputs + o)] * right[static_cast<size_t>(r * in + i)];
          EXPECT_EQ(product[static_cast<size_t>(o * in + i)], term);
        }
      }
    }
}

TEST_F(CudaLibraries, AnAlgorithmIsKeptForBiasesOfItsAlignment) {
  RandomMatrices random(2);
  const Tensor a = random.numbers(6, DType::f32), b = random.numbers(6, DType::f32),
               biases = random.numbers(16, DType::f32), out = random.numbers(4, DType::f32);
  for (const int64_t first : {0, 4, 8}) {  // 64 bytes, then 16, then 32
    const GemmArgs args{.out = View(out.raw_data(), DType::f32, {2, 2}, {2, 1}),
                        .a = ConstView(a.raw_data(), DType::f32, {2, 3}, {3, 1}),
                        .b = ConstView(b.raw_data(), DType::f32, {3, 2}, {2, 1}),
                        .bias = ConstView(biases.data<float>() + first, DType::f32, {2}, {1})};
    const GemmPlan plan = plan_gemm(args.out, args.a, args.b);
    const Epilogue epilogue = choose_epilogue(plan, DType::f32, DType::f32, request_of(args));
    ASSERT_EQ(epilogue, Epilogue::bias);
    EXPECT_NO_THROW(multiply(plan, {.out = args.out.data,
                                    .a = args.a.data,
                                    .b = args.b.data,
                                    .epilogue = epilogue,
                                    .bias = args.bias.data}));
  }
  finish();
}

// Factorisations.

constexpr DType kTypes[] = {DType::f32, DType::f64};
double tolerance(DType dtype) {
  return dtype == DType::f32 ? 2e-5 : 1e-12;
}
Tensor copy_of(const Tensor& t) {
  return test::make(t.shape(), values(t), t.dtype());
}
Tensor wave(const Shape& shape, double phase, DType dtype) {
  return test::make(shape, values(test::wave(shape, phase)), dtype);
}
/// Of full rank, which waves are not.
Tensor normals(const Shape& shape, DType dtype) {
  Generator generator(8);
  std::vector<double> list(static_cast<size_t>(shape.numel()));
  for (double& x : list) x = generator.normal();
  return test::make(shape, list, dtype);
}
/// waves with a heavy diagonal; symmetric if asked for.
Tensor heavy(int64_t n, DType dtype, bool symmetric = false) {
  std::vector<double> a = values(test::wave({n, n}, 0.4));
  for (int64_t i = 0; i < n; ++i) {
    a[static_cast<size_t>(i * n + i)] += 4;
    for (int64_t j = 0; symmetric && j < i; ++j)
      a[static_cast<size_t>(j * n + i)] = a[static_cast<size_t>(i * n + j)];
  }
  return test::make({n, n}, a, dtype);
}

TEST_F(CudaLibraries, Cholesky) {
  for (const DType dtype : kTypes) {
    const Tensor a = heavy(6, dtype, true), expected = copy_of(a);
    ASSERT_EQ(ReferenceLinalg().cholesky(View(expected)), 0);
    ASSERT_EQ(cuda_linalg(0).cholesky(View(a)), 0);
    finish();
    test::expect_values(a, values(expected), tolerance(dtype));
    const Tensor bad = test::make({3, 3}, {1, 0, 0, 0, -1, 0, 0, 0, 1}, dtype);
    EXPECT_EQ(cuda_linalg(0).cholesky(View(bad)), 2);
  }
}

TEST_F(CudaLibraries, TriangularAndGeneralSystems) {
  for (const DType dtype : kTypes) {
    for (const int64_t k : {1, 4})
      for (const bool upper : {false, true})
        for (const bool transposed : {false, true}) {
          const Tensor a = heavy(5, dtype), b = wave({5, k}, 1.2, dtype), expected = copy_of(b);
          ReferenceLinalg().solve_triangular(ConstView(a), View(expected), upper, transposed);
          cuda_linalg(0).solve_triangular(ConstView(a), View(b), upper, transposed);
          finish();
          test::expect_values(b, values(expected), tolerance(dtype));
        }
    const Tensor at = heavy(5, dtype), bt = wave({3, 5}, 0.7, dtype), a = copy_of(at), expected = copy_of(bt);
    ASSERT_EQ(ReferenceLinalg().solve(View(a), View(expected)), 0);
    ASSERT_EQ(cuda_linalg(0).solve(View(at), View(bt)), 0);
    finish();
    test::expect_values(bt, values(expected), tolerance(dtype));
    const Tensor singular = test::make({2, 2}, {1, 2, 2, 4}, dtype),
                 right = test::make({1, 2}, {1, 1}, dtype);
    EXPECT_EQ(cuda_linalg(0).solve(View(singular), View(right)), 2);
  }
}

TEST_F(CudaLibraries, QrOfTallWideAndSquareMatrices) {
  for (const DType dtype : kTypes)
    for (const auto& [m, n] : {std::pair<int64_t, int64_t>{5, 3}, {3, 5}, {4, 4}}) {
      const int64_t k = std::min(m, n);
      const Tensor at = normals({n, m}, dtype), reference = copy_of(at), r = wave({k, n}, 0, dtype),
                   expected = wave({k, n}, 0, dtype);
      ReferenceLinalg().qr(View(reference), View(expected));
      cuda_linalg(0).qr(View(at), View(r));
      finish();
      test::expect_values(r, values(expected), tolerance(dtype));
      std::vector<double> q = values(at), expected_q = values(reference);
      q.resize(static_cast<size_t>(k * m));
      expected_q.resize(q.size());
      test::expect_values(q, expected_q, tolerance(dtype));
    }
}

TEST_F(CudaLibraries, EigenvectorsLieInRows) {
  for (const DType dtype : kTypes) {
    const int64_t n = 5;
    const Tensor a = heavy(n, dtype, true), v = copy_of(a), w = wave({n}, 0, dtype), expected = copy_of(a),
                 expected_w = wave({n}, 0, dtype);
    ReferenceLinalg().eigh(View(expected), View(expected_w));
    cuda_linalg(0).eigh(View(v), View(w));
    finish();
    test::expect_values(w, values(expected_w), tolerance(dtype));
    const std::vector<double> matrix = values(a), rows = values(v), eigen = values(w);
    for (int64_t i = 0; i < n; ++i)
      for (int64_t j = 0; j < n; ++j) {
        double product = 0;
        for (int64_t l = 0; l < n; ++l)
          product += matrix[static_cast<size_t>(j * n + l)] * rows[static_cast<size_t>(i * n + l)];
        EXPECT_NEAR(product, eigen[static_cast<size_t>(i)] * rows[static_cast<size_t>(i * n + j)],
                    10 * tolerance(dtype));
      }
    const Tensor again = copy_of(a), top = wave({2, n}, 0, dtype);
    cuda_linalg(0).eigh_top(View(again), View(w), [&](ConstView) { return View(top); });
    finish();
    test::expect_values(top, {rows.begin() + 3 * n, rows.end()}, tolerance(dtype));
  }
}

TEST_F(CudaLibraries, Determinants) {
  for (const DType dtype : kTypes)
    for (const bool singular : {false, true}) {
      const Tensor a = singular ? test::make({2, 2}, {1, 2, 2, 4}, dtype) : heavy(6, dtype),
                   copy = copy_of(a);
      const Tensor result = wave({4}, 0, dtype);
      const auto place = [&](int64_t i) {
        return View(static_cast<std::byte*>(result.raw_data()) + static_cast<size_t>(i) * item_size(dtype),
                    dtype, {1}, {1});
      };
      ReferenceLinalg().slogdet(View(copy), place(0), place(1));
      cuda_linalg(0).slogdet(View(a), place(2), place(3));
      finish();
      const std::vector<double> all = values(result);
      test::expect_values({all[2], all[3]}, {all[0], all[1]}, tolerance(dtype));
    }
}

TEST_F(CudaLibraries, SquaredDistances) {
  for (const int64_t depth : {7, 50})
    for (const bool itself : {false, true}) {
      const Tensor x = wave({6, depth}, 0.3, DType::f64), y = wave({itself ? 6 : 4, depth}, 0.9, DType::f64);
      const Tensor out = wave({6, y.size(0)}, 0, DType::f64), expected = copy_of(out);
      const ConstView other = itself ? ConstView() : ConstView(y);
      ReferenceLinalg().squared_distances(View(expected), ConstView(x), other);
      cuda_linalg(0).squared_distances(View(out), ConstView(x), other);
      finish();
      test::expect_values(out, values(expected), 1e-12);
    }
}

TEST_F(CudaLibraries, NoFactorisationIsCaptured) {
  const Tensor a = heavy(3, DType::f64), r = heavy(3, DType::f64), one = heavy(1, DType::f64);
  const std::pair<const char*, std::function<void()>> calls[] = {
      {"linalg.eigh", [&] { cuda_linalg(0).eigh(View(a), View(one)); }},
      {"linalg.cholesky", [&] { cuda_linalg(0).cholesky(View(a)); }},
      {"linalg.qr", [&] { cuda_linalg(0).qr(View(a), View(r)); }},
      {"linalg.solve", [&] { cuda_linalg(0).solve(View(a), View(r)); }},
      {"linalg.slogdet", [&] { cuda_linalg(0).slogdet(View(a), View(one), View(one)); }}};
  for (const auto& [op, call] : calls) {
    Capture capture(Device::cuda(), {});
    EXPECT_THAT(message_of<Error>([&] { capture.record(call); }), HasSubstr(op));
  }
}

}  // namespace
}  // namespace cuda
}  // namespace infograd
