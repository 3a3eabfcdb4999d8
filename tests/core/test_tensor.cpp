#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <infograd/core/allocator.h>
#include <infograd/core/error.h>
#include <infograd/core/tensor.h>
#include <infograd/ops/creation.h>
#include <infograd/ops/shape_ops.h>

namespace infograd {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

TEST(Tensor, HandleIsOneWordAndCopyAliases) {
  static_assert(sizeof(Tensor) == sizeof(void*));
  const Tensor a = zeros({2});
  const Tensor b = a;
  b.data<float>()[0] = 5;
  EXPECT_EQ(a.to_vector<float>(), (std::vector<float>{5, 0}));
  EXPECT_TRUE(a.is_same(b));
}

TEST(Tensor, UndefinedIsRejectedByName) {
  EXPECT_THAT([] { Tensor().shape(); }, ThrowsMessage<ValueError>(HasSubstr("undefined tensor")));
}

TEST(Tensor, TypedAccessChecksTheType) {
  const Tensor a = zeros({2, 3});
  EXPECT_THAT([&] { a.data<double>(); },
              ThrowsMessage<DTypeError>(AllOf(HasSubstr("f64"), HasSubstr("f32[2, 3]"))));
  EXPECT_THAT([&] { a.item(); },
              ThrowsMessage<ShapeError>(AllOf(HasSubstr("f32[2, 3]"), HasSubstr("6 elements"))));
  EXPECT_EQ(full({1, 1}, 2.5, DType::bf16).item(), 2.5);
}

TEST(Tensor, ToVectorReadsAnyStrides) {
  const Tensor a = tensor({{1, 2, 3}, {4, 5, 6}});
  EXPECT_EQ(transpose(a).to_vector<float>(), (std::vector<float>{1, 4, 2, 5, 3, 6}));
  EXPECT_EQ(expand(tensor({7}), {3}).to_vector<float>(), (std::vector<float>{7, 7, 7}));
}

TEST(Tensor, ShapesThatCannotExist) {
  EXPECT_THAT(([] {
                empty({2, -1});
              }),
              ThrowsMessage<ShapeError>(AllOf(HasSubstr("negative"), HasSubstr("[2, -1]"))));
  EXPECT_THAT(([] { empty({int64_t{1} << 62, 16}); }), ThrowsMessage<ShapeError>(HasSubstr("2^63")));
  EXPECT_THAT(([] {
                empty_strided({2, 3}, {8, 1}, DType::f32);
              }),
              ThrowsMessage<ShapeError>(HasSubstr("[8, 1]")));
  EXPECT_THROW(empty_strided({3}, {-1}, DType::f32), ShapeError);       // before the storage
  EXPECT_THROW(empty_strided({2, 3}, {2, 1}, DType::f32), ShapeError);  // overlaps
  EXPECT_THROW(empty_strided({3, 3}, {4, 0}, DType::f32), ShapeError);  // spans 9 elements, stores 3
}

TEST(Tensor, ForeignMemoryIsReleasedOnce) {
  int released = 0;
  std::vector<float> owned{1, 2, 3};
  {
    auto storage = make_ref<Storage>(owned.data(), 12, cpu, [&] { ++released; });
    const Tensor a(make_ref<TensorImpl>(std::move(storage), 0, Shape{3}, Strides{1}, DType::f32));
    const Tensor alias = a.detach();
    EXPECT_EQ(alias.to_vector<float>(), owned);
  }
  EXPECT_EQ(released, 1);
}

TEST(Tensor, BorrowedMemoryIsLeftAlone) {
  std::vector<float> owned(64, 1);  // no header of our allocator stands in front of its middle
  const auto before = memory::stats();
  {
    auto storage = make_ref<Storage>(owned.data() + 32, 64, cpu, nullptr);
    const Tensor a(make_ref<TensorImpl>(std::move(storage), 0, Shape{16}, Strides{1}, DType::f32));
    EXPECT_EQ(a.to_vector<float>(), std::vector<float>(16, 1));
  }
  EXPECT_EQ(memory::stats().active_bytes, before.active_bytes);
  EXPECT_EQ(memory::stats().cached_bytes, before.cached_bytes);
}

TEST(Print, SmallTensors) {
  EXPECT_EQ(to_string(tensor({{1, 2}, {3, 4}})), "tensor f32[2, 2]\n[[1.0000, 2.0000],\n [3.0000, 4.0000]]");
  EXPECT_EQ(to_string(scalar(1.5), {.precision = 2}), "tensor f32[]\n1.50");
  EXPECT_EQ(to_string(zeros({0, 3})), "tensor f32[0, 3]\n[]");
  EXPECT_EQ(to_string(arange(3)), "tensor i64[3]\n[0, 1, 2]");
  EXPECT_EQ(to_string(tensor({1e-9, -1}), {.precision = 1, .scientific = true}),
            "tensor f32[2]\n[ 1.0e-09, -1.0e+00]");
  EXPECT_EQ(to_string(zeros({4, 5}), {.shape_only = true}), "tensor f32[4, 5]");
  EXPECT_EQ(to_string(Tensor()), "tensor undefined");
}

TEST(Print, SummarisesBeyondTheThreshold) {
  EXPECT_EQ(to_string(arange(10), {.threshold = 5, .edge_items = 2}), "tensor i64[10]\n[0, 1, ..., 8, 9]");
  EXPECT_EQ(to_string(reshape(arange(12), {6, 2}), {.threshold = 5, .edge_items = 1}),
            "tensor i64[6, 2]\n[[ 0,  1],\n ...,\n [10, 11]]");
}

TEST(Print, WrapsLongLines) {
  EXPECT_EQ(to_string(arange(8), {.line_width = 12}), "tensor i64[8]\n[0, 1, 2, 3,\n 4, 5, 6, 7]");
}

TEST(Print, SeparatesMatrices) {
  EXPECT_EQ(to_string(reshape(arange(4), {2, 1, 2})), "tensor i64[2, 1, 2]\n[[[0, 1]],\n\n [[2, 3]]]");
}

}  // namespace
}  // namespace infograd
