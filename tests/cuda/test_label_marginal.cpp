// The kernels of label_marginal.cu run on the host, against the reference backend.
#include <gtest/gtest.h>

#include <infograd/backends/cuda/label_marginal_body.h>

#include "tests/backends/helpers.h"
#include "tests/cuda/emulate.h"

namespace infograd::cuda {
namespace {

using infograd::test::reference;
using infograd::test::values;
using infograd::test::wave;

template <class T>
LabelMarginalRows<T> rows_of(const LabelMarginalArgs& args) {
  return {lines_along<1>(args.logits.shape, {&args.logits.strides}, 1), args.logits.as<T>(),
          args.labels.as<int64_t>()};
}

template <class T>
void run_forward(const LabelMarginalArgs& args) {
  const int64_t n = args.logits.shape[0], c = args.logits.shape[1];
  using Kernel = LabelMarginalKernel<T>;
  const Kernel kernel{rows_of<T>(args), args.out.as<T>(), args.lse.as<T>()};
  const auto& lines = kernel.rows.lines;
  for (int64_t block = 0; block < blocks_for(n, lines.schedule.per_block); ++block) {
    std::vector<typename Kernel::Value> sums(kThreads);
    for (int t = 0; t < kThreads; ++t) sums[static_cast<size_t>(t)] = kernel.sum(block, t);
    testing::meet(lines, sums, Kernel::merge);
    for (int t = 0; t < kThreads; ++t) kernel.write(block, t, sums[static_cast<size_t>(t)]);
  }
  const RowLogSoftmax<T> l{args.lse.as<T>(), n};
  const double log_rows = std::log(static_cast<double>(n));
  testing::run_cut(AverageLogProbability<T, T>{l, log_rows},
                   AverageLogProbability<T, LogSum<double>>{l, log_rows},
                   Slices::of(args.logits.shape, args.logits.strides, {1, c}, {c, 1}), args.logits.as<T>(),
                   args.out.as<T>() + n);
}

template <class T>
void run_backward(const LabelMarginalArgs& args) {
  const int64_t n = args.logits.shape[0];
  using Kernel = LabelMarginalGradKernel<T>;
  const Kernel kernel{
      rows_of<T>(args), {args.lse.as<T>(), n}, args.out.as<T>(), args.grad.as<T>(), args.dlogits.as<T>()};
  const auto& lines = kernel.rows.lines;
  for (int64_t block = 0; block < blocks_for(n, lines.schedule.per_block); ++block) {
    std::vector<double> sums(kThreads);
    for (int t = 0; t < kThreads; ++t) sums[static_cast<size_t>(t)] = kernel.sum(block, t);
    testing::meet(lines, sums, Kernel::add);
    for (int t = 0; t < kThreads; ++t) kernel.write(block, t, sums[static_cast<size_t>(t)]);
  }
}

class CudaLabelMarginal : public ::testing::TestWithParam<DType> {};

TEST_P(CudaLabelMarginal, ValueAndGradientAgreeWithReference) {
  const DType dtype = GetParam();
  const double tolerance = dtype == DType::f64 ? 1e-13 : dtype == DType::f32 ? 3e-6 : 2e-2;
  for (const Shape& shape : {Shape{1, 1}, Shape{5, 3}, Shape{3, 700}, Shape{3000, 4}})
    for (const bool masked : {false, true}) {
      SCOPED_TRACE(to_string(shape) + (masked ? " masked" : ""));
      const int64_t n = shape[0], c = shape[1];
      if (masked && (n < 2 || c < 2)) continue;
      test::Values numbers = test::wave_values(n * c, 0.4, 6, 80);
      if (masked) {  // a class that no row has, and a row of nothing but one class
        for (int64_t r = 0; r < n; ++r) numbers[static_cast<size_t>(r * c + c - 1)] = -test::kInf;
        for (int64_t k = 1; k < c; ++k) numbers[static_cast<size_t>(c + k)] = -test::kInf;
      }
      const Tensor z = test::make(shape, numbers, dtype), labels = empty({n}, DType::i64);
      for (int64_t r = 0; r < n; ++r)
        labels.data<int64_t>()[r] = masked && r == 1 ? 0 : r % std::max<int64_t>(1, c - 1);
      const Tensor grad = wave({n + c}, 2, 1, 0, dtype);
      const Tensor out = empty({n + c}, dtype), out_expected = empty({n + c}, dtype),
                   lse = empty({2, n}, dtype), lse_expected = empty({2, n}, dtype), dz = empty(shape, dtype),
                   dz_expected = empty(shape, dtype);
      LabelMarginalArgs args;
      args.logits = ConstView(z), args.labels = ConstView(labels), args.grad = ConstView(grad);
      args.out = View(out), args.lse = View(lse);
      visit_floating("test", dtype, [&](auto zero) { run_forward<decltype(zero)>(args); });
      args.out = View(out_expected), args.lse = View(lse_expected), args.dlogits = View(dz_expected);
      reference().label_marginal(args);
      reference().label_marginal_grad(args);
      args.dlogits = View(dz);  // from the same results of the forward pass
      visit_floating("test", dtype, [&](auto zero) { run_backward<decltype(zero)>(args); });
      test::expect_values(lse, values(lse_expected), tolerance);
      test::expect_values(out, values(out_expected), tolerance);
      test::expect_values(dz, values(dz_expected), tolerance);
    }
}

INSTANTIATE_TEST_SUITE_P(Floating, CudaLabelMarginal, ::testing::Values(DType::f32, DType::f64, DType::bf16),
                         [](const auto& dtype) { return std::string(name(dtype.param)); });

TEST(CudaLogSum, TakesValuesOfAnySizeInAnyOrder) {
  const auto of = [](const std::vector<float>& numbers) {
    auto sum = LogSum<float>::none();
    for (const float x : numbers) sum.add(x);
    return sum.value();
  };
  EXPECT_EQ(of({}), -test::kInf);
  EXPECT_EQ(of({-INFINITY, -INFINITY}), -test::kInf);
  EXPECT_EQ(of({-3e38F, 3e38F}), 3e38F);
  EXPECT_FLOAT_EQ(of({-INFINITY, 1000, 1000, -INFINITY}), 1000 + std::log(2.F));
  EXPECT_FLOAT_EQ(of({-5, 3, 1}), std::log(std::exp(-5.F) + std::exp(3.F) + std::exp(1.F)));
  EXPECT_TRUE(std::isnan(of({1, NAN, 2})));
  auto merged = LogSum<double>::none();
  merged.merge(LogSum<float>::none());
  EXPECT_EQ(merged.value(), -test::kInf);
  auto part = LogSum<float>::none();
  part.add(-7000);
  merged.merge(part);
  EXPECT_EQ(merged.value(), -7000);
}

}  // namespace
}  // namespace infograd::cuda
