#include "tests/backends/helpers.h"

namespace infograd {
namespace {

using namespace test;

Values reduced(ReduceOp op, const Tensor& x, const Shape& out_shape, double param = 0) {
  const Tensor y = empty(out_shape, x.dtype());
  reference().reduce(op, View(y), ConstView(x), param);
  return values(y);
}

TEST(ReferenceReduce, OverRowsColumnsAndAll) {
  for (const Tensor& x : {make({2, 3}, {1, 2, 3, 4, 5, 7}), transposed(make({2, 3}, {1, 2, 3, 4, 5, 7}))}) {
    expect_values(reduced(ReduceOp::sum, x, {2, 1}), {6, 16});
    expect_values(reduced(ReduceOp::sum, x, {1, 3}), {5, 7, 10});
    expect_values(reduced(ReduceOp::sum, x, {1, 1}), {22});
    expect_values(reduced(ReduceOp::mean, x, {2, 1}), {2, 16.0 / 3}, 1e-15);
    expect_values(reduced(ReduceOp::var, x, {2, 1}, 1), {1, 7.0 / 3}, 1e-15);
    expect_values(reduced(ReduceOp::var, x, {2, 1}, 0), {2.0 / 3, 14.0 / 9}, 1e-15);
    expect_values(reduced(ReduceOp::prod, x, {2, 1}), {6, 140});
    expect_values(reduced(ReduceOp::max, x, {1, 3}), {4, 5, 7});
    expect_values(reduced(ReduceOp::min, x, {1, 1}), {1});
    expect_values(reduced(ReduceOp::sum_squares, x, {2, 1}), {14, 90});
    expect_values(reduced(ReduceOp::logsumexp, x, {2, 1}),
                  {std::log(std::exp(1) + std::exp(2) + std::exp(3)),
                   std::log(std::exp(4) + std::exp(5) + std::exp(7))},
                  1e-15);
  }
  expect_values(reduced(ReduceOp::sum_abs, make({2}, {-3, 4}), {1}), {7});
}

TEST(ReferenceReduce, EmptySlicesGiveTheNeutralElement) {
  const Tensor x = empty({2, 0}, DType::f64);
  expect_values(reduced(ReduceOp::sum, x, {2, 1}), {0, 0});
  expect_values(reduced(ReduceOp::prod, x, {2, 1}), {1, 1});
  expect_values(reduced(ReduceOp::max, x, {2, 1}), {-kInf, -kInf});
  expect_values(reduced(ReduceOp::min, x, {2, 1}), {kInf, kInf});
  expect_values(reduced(ReduceOp::logsumexp, x, {2, 1}), {-kInf, -kInf});
  expect_values(reduced(ReduceOp::mean, x, {2, 1}), {kNan, kNan});
  expect_values(reduced(ReduceOp::sum_squares, x, {2, 1}), {0, 0});
  expect_values(reduced(ReduceOp::sum, x, {1, 0}), {});
  const Tensor whole = empty({0}, DType::i64), y = empty({1}, DType::i64);
  reference().reduce(ReduceOp::max, View(y), ConstView(whole), 0);
  EXPECT_EQ(y.item<int64_t>(), std::numeric_limits<int64_t>::min());
  reference().reduce(ReduceOp::min, View(y), ConstView(whole), 0);
  EXPECT_EQ(y.item<int64_t>(), std::numeric_limits<int64_t>::max());
}

TEST(ReferenceReduce, LogSumExpIsStableAndInfinitiesStay) {
  expect_values(reduced(ReduceOp::logsumexp, make({2}, {1000, 1000}), {1}), {1000 + std::log(2)}, 1e-15);
  expect_values(reduced(ReduceOp::logsumexp, make({2}, {-kInf, -kInf}), {1}), {-kInf});
  expect_values(reduced(ReduceOp::logsumexp, make({2}, {-kInf, 3}), {1}), {3});
  expect_values(reduced(ReduceOp::logsumexp, make({2}, {kInf, 3}), {1}), {kInf});
  expect_values(reduced(ReduceOp::logsumexp, make({2}, {kInf, kNan}), {1}), {kNan});
}

TEST(ReferenceReduce, NanSpreads) {
  for (const Values& v : {Values{kNan, 1, 2}, Values{1, kNan, 2}, Values{1, 2, kNan}})
    for (const ReduceOp op : {ReduceOp::sum, ReduceOp::max, ReduceOp::min, ReduceOp::prod, ReduceOp::var})
      expect_values(reduced(op, make({3}, v), {1}), {kNan});
}

TEST(ReferenceReduce, AccumulatesInDouble) {
  const int64_t n = 100000;
  const Tensor x = empty({n});
  reference().fill(View(x), 0.1F);
  expect_values(reduced(ReduceOp::sum, x, {1}), {static_cast<float>(n * static_cast<double>(0.1F))});
}

TEST(ReferenceReduce, IntegersAndFlags) {
  const Tensor x = make({2, 3}, {1, -2, 3, 4, 5, 6}, DType::i64);
  expect_values(reduced(ReduceOp::sum, x, {2, 1}), {2, 15});
  expect_values(reduced(ReduceOp::prod, x, {2, 1}), {-6, 120});
  expect_values(reduced(ReduceOp::max, x, {1, 3}), {4, 5, 6});
  expect_values(reduced(ReduceOp::min, x, {1, 1}), {-2});
  expect_values(reduced(ReduceOp::sum_abs, x, {2, 1}), {6, 15});
  EXPECT_THROW(reduced(ReduceOp::mean, x, {2, 1}), DTypeError);
  const Tensor flags = make({3, 2}, {0, 0, 0, 1, 1, 1}, DType::b8);
  expect_values(reduced(ReduceOp::any, flags, {3, 1}), {0, 1, 1});
  expect_values(reduced(ReduceOp::all, flags, {3, 1}), {0, 0, 1});
  const Tensor count = empty({1, 1}, DType::i64);
  reference().reduce(ReduceOp::sum, View(count), ConstView(flags), 0);
  expect_values(count, {3});
  EXPECT_THROW(reduced(ReduceOp::any, make({2}, {0, 1}), {1}), DTypeError);
}

TEST(ReferenceArgReduce, FirstOfEqualsAndFirstNan) {
  const Tensor x = transposed(make({3, 4}, {1, 5, 5, 2, 0, 0, -1, -1, 3, kNan, 9, kNan})),
               y = empty({3, 1}, DType::i64);
  reference().arg_reduce(ArgReduceOp::argmax, View(y), ConstView(x), 1);
  expect_values(y, {1, 0, 1});
  reference().arg_reduce(ArgReduceOp::argmin, View(y), ConstView(x), 1);
  expect_values(y, {0, 2, 1});
}

TEST(ReferenceCumsum, InclusiveExclusiveAndReverse) {
  const Tensor x = make({3, 2}, {1, 2, 3, 4, 5, 6}), y = transposed(x);
  const auto run = [&](bool exclusive, bool reverse) {
    reference().cumsum(View(y), ConstView(x), 0, exclusive, reverse);
    return values(y);
  };
  expect_values(run(false, false), {1, 2, 4, 6, 9, 12});
  expect_values(run(true, false), {0, 0, 1, 2, 4, 6});
  expect_values(run(false, true), {9, 12, 8, 10, 5, 6});
  expect_values(run(true, true), {8, 10, 5, 6, 0, 0});
  const Tensor whole = make({3}, {1, 2, 3}, DType::i64);
  reference().cumsum(View(whole), ConstView(whole), 0, false, false);
  expect_values(whole, {1, 3, 6});
}

TEST(ReferenceTopk, SortedWithTheLowerIndexFirst) {
  const Tensor x = make({2, 5}, {3, 1, 3, 2, 3, -1, kNan, 0, 0, 7});
  const Tensor v = empty({2, 3}, DType::f64), i = empty({2, 3}, DType::i64);
  reference().topk(View(v), View(i), ConstView(x), 1, true);
  expect_values(v, {3, 3, 3, kNan, 7, 0});
  expect_values(i, {0, 2, 4, 1, 4, 2});
  reference().topk(View(v), View(i), ConstView(x), 1, false);
  expect_values(v, {1, 2, 3, -1, 0, 0});
  expect_values(i, {1, 3, 0, 0, 2, 3});
}

TEST(ReferenceTopk, AlongTheFirstAxisOfIntegers) {
  const Tensor x = make({3, 2}, {1, 9, 2, 8, 3, 7}, DType::i64), v = empty({1, 2}, DType::i64),
               i = empty({1, 2}, DType::i64);
  reference().topk(View(v), View(i), ConstView(x), 0, true);
  expect_values(v, {3, 9});
  expect_values(i, {2, 0});
}

}  // namespace
}  // namespace infograd
