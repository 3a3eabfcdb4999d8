#include "tests/backends/helpers.h"

namespace infograd {
namespace {

using namespace test;

constexpr DType kAll[] = {DType::f32, DType::f64, DType::bf16, DType::i64, DType::u8, DType::b8};

TEST(ReferenceGather, AlongEitherAxisOfEveryType) {
  const Values bits{1, 0, 0, 1, 1, 0};
  for (const DType dtype : kAll) {
    const Tensor x = transposed(make({2, 3}, bits, dtype)), y = empty({2, 2}, dtype);
    const Tensor index = make({2, 2}, {2, 0, 1, 1}, DType::i64);
    reference().gather(View(y), ConstView(x), ConstView(index), 1);
    expect_values(y, {0, 1, 1, 1});
    const Tensor rows = make({1, 3}, {1, 0, 1}, DType::i64), z = empty({1, 3}, dtype);
    reference().gather(View(z), ConstView(x), ConstView(rows), 0);
    expect_values(z, {1, 0, 0});
  }
}

TEST(ReferenceScatterAdd, RepeatsAddUp) {
  for (const DType dtype : {DType::f32, DType::f64, DType::bf16, DType::i64}) {
    const Tensor out = transposed(make({2, 3}, {10, 20, 30, 40, 50, 60}, dtype));
    const Tensor index = make({2, 2}, {0, 0, 2, 1}, DType::i64), src = make({2, 2}, {1, 2, 3, 4}, dtype);
    reference().scatter_add(View(out), ConstView(index), ConstView(src), 1);
    expect_values(out, {13, 20, 30, 40, 54, 63});
  }
}

TEST(ReferenceIndexSelect, TakesRowsAndColumns) {
  for (const DType dtype : kAll) {
    const Tensor x = make({3, 2}, {0, 0, 0, 1, 1, 1}, dtype), index = make({4}, {2, 0, 1, 2}, DType::i64);
    const Tensor rows = empty({4, 2}, dtype);
    reference().index_select(View(rows), ConstView(x), ConstView(index), 0);
    expect_values(rows, {1, 1, 0, 0, 0, 1, 1, 1});
    const Tensor one = make({1}, {1}, DType::i64), column = empty({3, 1}, dtype);
    reference().index_select(View(column), ConstView(x), ConstView(one), 1);
    expect_values(column, {0, 1, 1});
  }
}

TEST(ReferenceIndexAdd, IsTheTransposeOfIndexSelect) {
  const Tensor out = make({3, 2}, {0, 0, 0, 0, 0, 0}), index = make({4}, {2, 0, 2, 2}, DType::i64);
  reference().index_add(View(out), ConstView(index), ConstView(make({4, 2}, {1, 2, 3, 4, 5, 6, 7, 8})), 0);
  expect_values(out, {3, 4, 0, 0, 13, 16});
}

TEST(ReferenceIndex, EmptyIndicesDoNothing) {
  const Tensor x = make({2}, {1, 2}), index = empty({0}, DType::i64), y = empty({0}, DType::f64);
  reference().index_select(View(y), ConstView(x), ConstView(index), 0);
  reference().index_add(View(x), ConstView(index), ConstView(y), 0);
  expect_values(x, {1, 2});
}

}  // namespace
}  // namespace infograd
