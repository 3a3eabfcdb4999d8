#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <infograd/core/checked_numel.h>
#include <infograd/core/error.h>
#include <infograd/core/shape.h>

namespace infograd {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

TEST(Shape, NumelOfScalarIsOneAndOfEmptyIsZero) {
  EXPECT_EQ(Shape{}.numel(), 1);
  EXPECT_EQ((Shape{2, 3}).numel(), 6);
  EXPECT_EQ((Shape{4, 0, 3}).numel(), 0);
}

TEST(Shape, CheckedNumel) {
  EXPECT_EQ(checked_numel({2, 0, 3}, "full"), 0);
  EXPECT_EQ(checked_numel({int64_t{1} << 31, int64_t{1} << 31}, "full"), int64_t{1} << 62);
  EXPECT_THAT(
      ([] {
        checked_numel({2, -1}, "full");
      }),
      ThrowsMessage<ShapeError>(AllOf(HasSubstr("full"), HasSubstr("[2, -1]"), HasSubstr("negative"))));
  EXPECT_THAT(([] {
                checked_numel({int64_t{1} << 32, int64_t{1} << 32}, "full");
              }),
              ThrowsMessage<ShapeError>(AllOf(HasSubstr("full"), HasSubstr("2^63"))));
}

TEST(Shape, InsertAndErase) {
  Shape shape{2, 4};
  shape.insert(1, 3);
  EXPECT_EQ(shape, (Shape{2, 3, 4}));
  shape.erase(0);
  EXPECT_EQ(shape, (Shape{3, 4}));
  shape.push_back(5);
  EXPECT_EQ(to_string(shape), "[3, 4, 5]");
}

TEST(Shape, RankAboveSixIsRejectedByName) {
  EXPECT_THAT(([] { return Shape{1, 1, 1, 1, 1, 1, 1}; }),
              ThrowsMessage<ShapeError>(AllOf(HasSubstr("rank 7"), HasSubstr("at most 6"))));
}

TEST(Shape, Contiguity) {
  EXPECT_TRUE(is_contiguous({2, 3}, {3, 1}));
  EXPECT_FALSE(is_contiguous({2, 3}, {1, 2}));
  EXPECT_TRUE(is_contiguous({1, 3}, {99, 1})) << "the stride of an axis of extent 1 does not matter";
  EXPECT_TRUE(is_contiguous({3, 0}, {7, 7}));
  EXPECT_TRUE(is_contiguous({}, {}));
}

TEST(Shape, Broadcasting) {
  EXPECT_EQ(broadcast_shapes({4, 1, 3}, {5, 1}, "add"), (Shape{4, 5, 3}));
  EXPECT_EQ(broadcast_shapes({}, {2}, "add"), (Shape{2}));
  EXPECT_EQ(broadcast_shapes({0, 1}, {1, 3}, "add"), (Shape{0, 3}));
  EXPECT_THAT(([] {
                broadcast_shapes({2, 3}, {4}, "add");
              }),
              ThrowsMessage<ShapeError>(
                  AllOf(HasSubstr("add"), HasSubstr("[2, 3]"), HasSubstr("[4]"), HasSubstr("axis -1"))));
  EXPECT_TRUE(broadcasts_to({3}, {2, 3}));
  EXPECT_FALSE(broadcasts_to({2, 3}, {3}));
  EXPECT_EQ(broadcast_strides({3, 1}, {1, 1}, {2, 3, 4}), (Strides{0, 1, 0}));
}

TEST(Shape, NormalizeAxis) {
  EXPECT_EQ(normalize_axis(-1, 3, "sum"), 2);
  EXPECT_THAT(([] { normalize_axis(3, 3, "sum"); }),
              ThrowsMessage<ShapeError>(AllOf(HasSubstr("sum"), HasSubstr("axis 3"), HasSubstr("-3 to 2"))));
  EXPECT_THAT(([] { normalize_axis(0, 0, "sum"); }),
              ThrowsMessage<ShapeError>(AllOf(HasSubstr("sum"), HasSubstr("no axes"))));
}

}  // namespace
}  // namespace infograd
