#include "tests/backends/helpers.h"

namespace infograd {
namespace {

using namespace test;

TEST(ReferenceUnary, FollowsAnyStrides) {
  const Tensor x = transposed(make({2, 3}, {1, 2, 3, 4, 5, 6})), y = empty({2, 3}, DType::f64);
  reference().unary(UnaryOp::square, View(y), ConstView(x), 0, 0);
  expect_values(y, {1, 4, 9, 16, 25, 36});
  const Tensor column = make({2, 1}, {1, 2});
  reference().unary(UnaryOp::neg, View(y), ConstView::broadcast(column, {2, 3}), 0, 0);
  expect_values(y, {-1, -1, -1, -2, -2, -2});
}

TEST(ReferenceUnary, HandlesScalarsZeroSizesAndAliases) {
  const Tensor scalar = make({}, {3});
  reference().unary(UnaryOp::neg, View(scalar), ConstView(scalar), 0, 0);
  expect_values(scalar, {-3});
  const Tensor nothing = empty({2, 0, 3});
  reference().unary(UnaryOp::exp, View(nothing), ConstView(nothing), 0, 0);
}

TEST(ReferenceUnary, RoundsOnceToTheStoredType) {
  const Tensor x = make({2}, {1, 2}, DType::bf16), y = empty({2}, DType::bf16);
  reference().unary(UnaryOp::exp, View(y), ConstView(x), 0, 0);
  expect_values(y, {2.71875, 7.375});  // e = 2.71828, e^2 = 7.38906 in 8 significant bits
}

TEST(ReferenceUnary, IntegersWrapAndKeepTheirExactness) {
  const double big = 4611686018427387904.0;  // 2^62
  const Tensor x = make({4}, {-3, 0, 5, big}, DType::i64), y = empty({4}, DType::i64);
  const auto apply = [&](UnaryOp op, double p0 = 0, double p1 = 0) {
    reference().unary(op, View(y), ConstView(x), p0, p1);
    return values(y);
  };
  expect_values(apply(UnaryOp::neg), {3, 0, -5, -big});
  expect_values(apply(UnaryOp::abs), {3, 0, 5, big});
  expect_values(apply(UnaryOp::sign), {-1, 0, 1, 1});
  expect_values(apply(UnaryOp::relu), {0, 0, 5, big});
  expect_values(apply(UnaryOp::clamp, -1.5, 3.5), {-1, 0, 3, 3});
  expect_values(apply(UnaryOp::pow, 2), {9, 0, 25, 0});
  expect_values(apply(UnaryOp::affine, 2, 1), {-5, 1, 11, -2 * big + 1});
  EXPECT_THROW(apply(UnaryOp::affine, 0.5, 0), ValueError);
  EXPECT_THROW(apply(UnaryOp::pow, -1), ValueError);
  EXPECT_THROW(apply(UnaryOp::exp), DTypeError);
}

TEST(ReferenceUnary, FlagsAreB8) {
  const Tensor x = make({4}, {0, 1, kInf, kNan}, DType::f32), flags = empty({4}, DType::b8);
  reference().unary(UnaryOp::isfinite, View(flags), ConstView(x), 0, 0);
  expect_values(flags, {1, 1, 0, 0});
  reference().unary(UnaryOp::logical_not, View(flags), ConstView(x), 0, 0);
  expect_values(flags, {1, 0, 0, 0});
  reference().unary(UnaryOp::logical_not, View(flags), ConstView(flags), 0, 0);
  expect_values(flags, {0, 1, 1, 1});
  EXPECT_THROW(reference().unary(UnaryOp::neg, View(flags), ConstView(flags), 0, 0), DTypeError);
}

TEST(ReferenceUnaryGrad, RefusesWhatHasNoDerivative) {
  const Tensor x = make({1}, {1});
  EXPECT_THROW(
      reference().unary_grad(UnaryOp::trigamma, View(x), ConstView(x), ConstView(x), ConstView(x), 0, 0),
      NotImplemented);
}

TEST(ReferenceBinary, Arithmetic) {
  const Tensor a = make({4}, {1, -2, kNan, 8}), b = make({4}, {2, 2, 2, 0.5}), y = empty({4}, DType::f64);
  const auto apply = [&](BinaryOp op, double alpha = 1) {
    reference().binary(op, View(y), ConstView(a), ConstView(b), alpha);
    return values(y);
  };
  expect_values(apply(BinaryOp::add), {3, 0, kNan, 8.5});
  expect_values(apply(BinaryOp::add, -2), {-3, -6, kNan, 7});
  expect_values(apply(BinaryOp::sub), {-1, -4, kNan, 7.5});
  expect_values(apply(BinaryOp::mul), {2, -4, kNan, 4});
  expect_values(apply(BinaryOp::div), {0.5, -1, kNan, 16});
  expect_values(apply(BinaryOp::pow), {1, 4, kNan, std::sqrt(8.0)}, 1e-15);
  expect_values(apply(BinaryOp::maximum), {2, 2, kNan, 8});
  expect_values(apply(BinaryOp::minimum), {1, -2, kNan, 0.5});
}

TEST(ReferenceBinary, ComparisonsAndLogicOfEveryType) {
  for (const DType dtype : {DType::f32, DType::f64, DType::bf16, DType::i64, DType::u8, DType::b8}) {
    const Tensor a = make({4}, {0, 0, 1, 1}, dtype), b = make({4}, {0, 1, 0, 1}, dtype),
                 y = empty({4}, DType::b8);
    const auto apply = [&](BinaryOp op) {
      reference().binary(op, View(y), ConstView(a), ConstView(b), 1);
      return values(y);
    };
    SCOPED_TRACE(name(dtype));
    expect_values(apply(BinaryOp::eq), {1, 0, 0, 1});
    expect_values(apply(BinaryOp::ne), {0, 1, 1, 0});
    expect_values(apply(BinaryOp::lt), {0, 1, 0, 0});
    expect_values(apply(BinaryOp::le), {1, 1, 0, 1});
    expect_values(apply(BinaryOp::gt), {0, 0, 1, 0});
    expect_values(apply(BinaryOp::ge), {1, 0, 1, 1});
    expect_values(apply(BinaryOp::logical_and), {0, 0, 0, 1});
    expect_values(apply(BinaryOp::logical_or), {0, 1, 1, 1});
    expect_values(apply(BinaryOp::logical_xor), {0, 1, 1, 0});
  }
}

TEST(ReferenceBinary, NanComparesFalseExceptNe) {
  const Tensor a = make({1}, {kNan}), y = empty({1}, DType::b8);
  for (const BinaryOp op :
       {BinaryOp::eq, BinaryOp::lt, BinaryOp::le, BinaryOp::gt, BinaryOp::ge, BinaryOp::ne}) {
    reference().binary(op, View(y), ConstView(a), ConstView(a), 1);
    EXPECT_EQ(y.data<bool>()[0], op == BinaryOp::ne);
  }
}

TEST(ReferenceBinary, IntegersAreExactAndNeverTrap) {
  const Tensor a = empty({3}, DType::i64), b = empty({3}, DType::i64), y = empty({3}, DType::i64);
  const int64_t least = std::numeric_limits<int64_t>::min(), odd = (int64_t{1} << 60) + 1;
  std::copy_n(std::array{least, odd, int64_t{-7}}.begin(), 3, a.data<int64_t>());
  std::copy_n(std::array{int64_t{-1}, int64_t{1}, int64_t{2}}.begin(), 3, b.data<int64_t>());
  const auto apply = [&](BinaryOp op) {
    reference().binary(op, View(y), ConstView(a), ConstView(b), 1);
    return y.to_vector<int64_t>();
  };
  EXPECT_EQ(apply(BinaryOp::div), (std::vector<int64_t>{least, odd, -3}));
  EXPECT_EQ(apply(BinaryOp::mul), (std::vector<int64_t>{least, odd, -14}));
  EXPECT_EQ(apply(BinaryOp::add), (std::vector<int64_t>{std::numeric_limits<int64_t>::max(), odd + 1, -5}));
  EXPECT_EQ(apply(BinaryOp::maximum), (std::vector<int64_t>{-1, odd, 2}));
  b.data<int64_t>()[0] = 0;
  EXPECT_THROW(apply(BinaryOp::div), ValueError);
}

TEST(ReferenceWhere, PicksWithoutTouchingTheOther) {
  const Tensor condition = make({2, 1}, {1, 0}, DType::b8), a = make({3}, {1, 2, 3}), b = make({}, {kNan});
  const Tensor y = empty({2, 3}, DType::f64);
  reference().where(View(y), ConstView::broadcast(condition, {2, 3}), ConstView::broadcast(a, {2, 3}),
                    ConstView::broadcast(b, {2, 3}));
  expect_values(y, {1, 2, 3, kNan, kNan, kNan});
}

TEST(ReferenceFill, EveryType) {
  for (const DType dtype : {DType::f32, DType::f64, DType::bf16, DType::i64, DType::u8, DType::b8}) {
    const Tensor y = transposed(make({2, 2}, {0, 0, 0, 0}, dtype));
    reference().fill(View(y), 1);
    expect_values(y, {1, 1, 1, 1});
  }
}

TEST(ReferenceCopy, ConvertsBetweenAnyTwoTypes) {
  const Values small{0, 1, 1, 0};
  for (const DType from : {DType::f32, DType::f64, DType::bf16, DType::i64, DType::u8, DType::b8})
    for (const DType to : {DType::f32, DType::f64, DType::bf16, DType::i64, DType::u8, DType::b8}) {
      const Tensor x = make({2, 2}, small, from), y = transposed(make({2, 2}, {0, 0, 0, 0}, to));
      reference().copy(View(y), ConstView(x));
      expect_values(y, small);
    }
}

TEST(ReferenceCopy, FloatingToIntegerTruncatesAndSaturates) {
  const Tensor x = make({6}, {-2.7, 2.7, 300, -1, kNan, 1e30});
  const Tensor whole = empty({6}, DType::i64), byte = empty({6}, DType::u8), flag = empty({6}, DType::b8);
  reference().copy(View(whole), ConstView(x));
  EXPECT_EQ(whole.to_vector<int64_t>(),
            (std::vector<int64_t>{-2, 2, 300, -1, 0, std::numeric_limits<int64_t>::max()}));
  reference().copy(View(byte), ConstView(x));
  expect_values(byte, {0, 2, 255, 0, 0, 255});
  reference().copy(View(flag), ConstView(x));
  expect_values(flag, {1, 1, 1, 1, 1, 1});
}

}  // namespace
}  // namespace infograd
