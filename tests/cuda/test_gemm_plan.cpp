// plan_gemm on a plain column-major multiplication with the interface of cuBLAS, against the definition.
#include <numeric>

#include <gtest/gtest.h>

#include <infograd/backends/cuda/epilogue.h>
#include <infograd/backends/cuda/gemm_plan.h>
#include <infograd/core/generator.h>

namespace infograd::cuda {
namespace {

/// C (rows x columns, leading extent ldc) = op(A) op(B), all stored by columns, for a strided batch.
void column_major(const GemmPlan& plan, double* out, const double* first, const double* second) {
  const auto element = [](const double* x, const GemmPlan::Operand& o, int64_t row, int64_t column) {
    return o.transposed ? x[column + row * o.ld] : x[row + column * o.ld];
  };
  for (int64_t n = 0; n < plan.batch; ++n)
    for (int64_t j = 0; j < plan.columns; ++j)
      for (int64_t i = 0; i < plan.rows; ++i) {
        double sum = 0;
        for (int64_t k = 0; k < plan.inner; ++k)
          sum += element(first + n * plan.first.batch_stride, plan.first, i, k) *
                 element(second + n * plan.second.batch_stride, plan.second, k, j);
        out[n * plan.out.batch_stride + i + j * plan.out.ld] = sum;
      }
}

/// What the library asks of leading extents, and of a batch that is written.
void expect_legal(const GemmPlan& plan) {
  const auto& [a, b, c] = std::tie(plan.first, plan.second, plan.out);
  EXPECT_GE(a.ld, a.transposed ? plan.inner : plan.rows);
  EXPECT_GE(b.ld, b.transposed ? plan.columns : plan.inner);
  EXPECT_GE(c.ld, plan.rows);
  EXPECT_FALSE(c.transposed);
}

struct Matrices {
  std::vector<double> values;
  ConstView view;
};

class RandomLayouts {
 public:
  explicit RandomLayouts(uint64_t seed) : generator_(seed) {}

  int64_t below(int64_t n) { return static_cast<int64_t>(generator_.below(static_cast<uint64_t>(n))); }

  /// Memory filled with small integers (their products are exact), and a view [batch.., rows, columns] of it
  /// with a random order of axes, gaps, and, if `may_repeat`, batches that repeat.
  Matrices make(const Shape& shape, bool may_repeat) {
    const int rank = shape.rank();
    std::vector<int> order(static_cast<size_t>(rank - 2));
    std::iota(order.begin(), order.end(), 0);
    for (size_t i = order.size(); i > 1; --i)
      std::swap(order[i - 1], order[static_cast<size_t>(below(int64_t(i)))]);
    Strides strides(Dims::filled(rank, 0));
    const bool transposed = below(2) == 0;
    const int inner = transposed ? rank - 2 : rank - 1, middle = transposed ? rank - 1 : rank - 2;
    strides[inner] = 1;
    int64_t step = shape[inner] + (below(2) == 0 ? below(4) : 0);
    strides[middle] = step;
    step *= shape[middle];
    if (below(3) == 0) step += below(5);
    for (const int axis : order) {
      if (may_repeat && below(4) == 0) continue;  // stride 0
      strides[axis] = step;
      step *= shape[axis];
    }
    Matrices m;
    m.values.resize(static_cast<size_t>(std::max<int64_t>(step, 1)));
    for (double& value : m.values) value = static_cast<double>(below(19) - 9);
    m.view = ConstView(m.values.data(), DType::f64, shape, strides);
    return m;
  }

 private:
  Generator generator_;
};

double at(const ConstView& v, const std::vector<int64_t>& batch, int64_t row, int64_t column) {
  int64_t offset = row * v.strides[v.rank() - 2] + column * v.strides[v.rank() - 1];
  for (size_t i = 0; i < batch.size(); ++i) offset += batch[i] * v.strides[static_cast<int>(i)];
  return v.as<double>()[offset];
}

/// Every element of out against the sum that defines it.
void expect_product(const ConstView& out, const ConstView& a, const ConstView& b,
                    std::vector<int64_t> batch = {}) {
  if (static_cast<int>(batch.size()) < out.rank() - 2) {
    batch.push_back(0);
    for (int64_t& i = batch.back(); i < out.shape[static_cast<int>(batch.size()) - 1]; ++i)
      expect_product(out, a, b, batch);
    return;
  }
  const int r = out.rank() - 2;
  for (int64_t i = 0; i < out.shape[r]; ++i)
    for (int64_t j = 0; j < out.shape[r + 1]; ++j) {
      double sum = 0;
      for (int64_t k = 0; k < a.shape[r + 1]; ++k) sum += at(a, batch, i, k) * at(b, batch, k, j);
      ASSERT_EQ(at(out, batch, i, j), sum) << "element " << i << ", " << j;
    }
}

TEST(CudaGemmPlan, RandomShapesStridesAndTransposes) {
  RandomLayouts random(7);
  int one_call = 0;
  for (int trial = 0; trial < 3000; ++trial) {
    Shape batch;
    for (int64_t axes = random.below(4); axes > 0; --axes) batch.push_back(1 + random.below(3));
    const int64_t m = 1 + random.below(5), n = 1 + random.below(5), k = 1 + random.below(5);
    const auto shape = [&](int64_t rows, int64_t columns) {
      Shape s = batch;
      s.push_back(rows);
      s.push_back(columns);
      return s;
    };
    Matrices out = random.make(shape(m, n), false), a = random.make(shape(m, k), true),
             b = random.make(shape(k, n), true);
    SCOPED_TRACE("out " + to_string(out.view.shape) + to_string(out.view.strides) + ", a " +
                 to_string(a.view.shape) + to_string(a.view.strides) + ", b " + to_string(b.view.shape) +
                 to_string(b.view.strides));
    ASSERT_TRUE(walkable(out.view) && walkable(a.view) && walkable(b.view));
    const GemmPlan plan =
        plan_gemm(View(out.values.data(), DType::f64, out.view.shape, out.view.strides), a.view, b.view);
    expect_legal(plan);
    one_call += plan.outer.numel() == 1 ? 1 : 0;
    const double* first = (plan.b_first ? b : a).values.data();
    const double* second = (plan.b_first ? a : b).values.data();
    for_each_call(plan, [&](int64_t o, int64_t i, int64_t j) {
      column_major(plan, out.values.data() + o, first + i, second + j);
    });
    expect_product(out.view, a.view, b.view);
    if (HasFatalFailure() || HasNonfatalFailure()) return;
  }
  EXPECT_GT(one_call, 2000) << "most batches need one call";
}

TEST(CudaGemmPlan, ALayerIsOneTallProduct) {
  // x [B, T, K] times a weight [N, K] that every batch shares, transposed.
  const std::vector<double> x(2 * 3 * 4), weight(5 * 4);
  std::vector<double> y(2 * 3 * 5);
  const GemmPlan plan = plan_gemm(View(y.data(), DType::f64, {2, 3, 5}, {15, 5, 1}),
                                  ConstView(x.data(), DType::f64, {2, 3, 4}, {12, 4, 1}),
                                  ConstView(weight.data(), DType::f64, {2, 4, 5}, {0, 1, 4}));
  EXPECT_EQ(plan.batch, 1);
  EXPECT_EQ(plan.rows, 5);
  EXPECT_EQ(plan.columns, 6);
  EXPECT_TRUE(plan.b_first);
  EXPECT_TRUE(plan.first.transposed);
  EXPECT_FALSE(plan.second.transposed);
}

/// The plan of out [m, n] = a b, out row-major or by columns, in a batch.
GemmPlan plan_of(bool row_major, int64_t batch = 1) {
  static const std::vector<double> x(1000);
  const Strides out = row_major ? Strides{12, 4, 1} : Strides{12, 1, 3};
  return plan_gemm(View(const_cast<double*>(x.data()), DType::f64, {batch, 3, 4}, out),
                   ConstView(x.data(), DType::f64, {batch, 3, 5}, {15, 5, 1}),
                   ConstView(x.data(), DType::f64, {batch, 5, 4}, {20, 4, 1}));
}

TEST(CudaEpilogue, ABiasGoesWithTheProductWhereTheLibraryTakesIt) {
  const EpilogueRequest bias{.bias = true, .bias_alignment = 64};
  EXPECT_EQ(choose_epilogue(plan_of(true), DType::f32, DType::f32, bias), Epilogue::bias);
  EXPECT_EQ(choose_epilogue(plan_of(true), DType::bf16, DType::f32, bias), Epilogue::bias);
  EXPECT_EQ(choose_epilogue(plan_of(true), DType::f64, DType::f64, bias), Epilogue::none)
      << "no such kernels";
  EXPECT_EQ(choose_epilogue(plan_of(false), DType::f32, DType::f32, bias), Epilogue::none)
      << "along the columns";
  EpilogueRequest odd = bias;
  odd.bias_alignment = 8;
  EXPECT_EQ(choose_epilogue(plan_of(true), DType::f32, DType::f32, odd), Epilogue::none);
  odd = bias;
  odd.bias_dense = false;
  EXPECT_EQ(choose_epilogue(plan_of(true), DType::f32, DType::f32, odd), Epilogue::none);
  EXPECT_EQ(choose_epilogue(plan_of(true), DType::f32, DType::f32, {}), Epilogue::none);
}

TEST(CudaEpilogue, ActivationsOfTheLibraryOnlyWhenAllowed) {
  const auto chosen = [](Activation activation, bool bias, bool allowed) {
    return choose_epilogue(
        plan_of(true), DType::f32, DType::f32,
        {.bias = bias, .bias_alignment = 64, .activation = activation, .library_activations = allowed});
  };
  for (const Activation activation :
       {Activation::relu, Activation::gelu, Activation::tanh, Activation::sigmoid})
    EXPECT_EQ(chosen(activation, true, false), Epilogue::none) << "one pass adds the bias and activates";
  EXPECT_EQ(chosen(Activation::relu, true, true), Epilogue::relu_bias);
  EXPECT_EQ(chosen(Activation::relu, false, true), Epilogue::relu);
  EXPECT_EQ(chosen(Activation::gelu, true, true), Epilogue::gelu_bias);
  EXPECT_EQ(chosen(Activation::gelu, false, true), Epilogue::gelu);
  EXPECT_EQ(chosen(Activation::tanh, true, true), Epilogue::none);
}

TEST(CudaEpilogue, WhatTheLibraryLeavesIsDoneAfterwards) {
  const EpilogueRequest request{.bias = true, .activation = Activation::relu};
  EXPECT_TRUE(remaining_after(Epilogue::none, request).bias);
  EXPECT_EQ(remaining_after(Epilogue::none, request).activation, Activation::relu);
  EXPECT_FALSE(remaining_after(Epilogue::bias, request).bias);
  EXPECT_EQ(remaining_after(Epilogue::bias, request).activation, Activation::relu);
  EXPECT_FALSE(remaining_after(Epilogue::relu_bias, request).bias);
  EXPECT_EQ(remaining_after(Epilogue::relu_bias, request).activation, Activation::none);
}

TEST(CudaEpilogue, TheGradientOfABiasIsTheSumOfTheRightFactor) {
  const EpilogueRequest sums{.row_sums = true};
  EXPECT_EQ(choose_epilogue(plan_of(true), DType::f32, DType::f32, sums), Epilogue::row_sums);
  EXPECT_EQ(choose_epilogue(plan_of(true, 2), DType::f32, DType::f32, sums), Epilogue::none)
      << "one per batch";
  EXPECT_EQ(choose_epilogue(plan_of(false), DType::f32, DType::f32, sums), Epilogue::none);
  EXPECT_EQ(choose_epilogue(plan_of(true), DType::f64, DType::f64, sums), Epilogue::none);
  EXPECT_EQ(choose_epilogue(plan_of(true), DType::bf16, DType::f32, sums), Epilogue::none);

  // weight gradient [out, in] = dz^T x: its right factor, seen by columns, is dz^T, one column per output.
  const std::vector<double> memory(100);
  const GemmPlan plan = plan_gemm(View(const_cast<double*>(memory.data()), DType::f64, {4, 3}, {3, 1}),
                                  ConstView(memory.data(), DType::f64, {4, 7}, {1, 4}),
                                  ConstView(memory.data(), DType::f64, {7, 3}, {3, 1}));
  EXPECT_TRUE(plan.b_first);
  EXPECT_EQ(plan.columns, 4) << "as many sums as outputs";
  EXPECT_EQ(plan.inner, 7) << "over the rows of a batch";
}

TEST(CudaGemmPlan, WhatNeedsACopy) {
  const std::vector<double> x(100);
  EXPECT_FALSE(walkable(ConstView(x.data(), DType::f64, {3, 4}, {0, 1}))) << "rows repeat";
  EXPECT_FALSE(walkable(ConstView(x.data(), DType::f64, {3, 4}, {8, 2}))) << "neither axis is dense";
  EXPECT_TRUE(walkable(ConstView(x.data(), DType::f64, {3, 4}, {9, 1})));
  EXPECT_TRUE(walkable(ConstView(x.data(), DType::f64, {3, 4}, {1, 3})));
  EXPECT_TRUE(walkable(ConstView(x.data(), DType::f64, {2, 3, 4}, {0, 4, 1}))) << "batches may repeat";
}

}  // namespace
}  // namespace infograd::cuda
