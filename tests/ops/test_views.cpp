// Which ops alias their input and which copy: the table of docs and shape_ops.h, one row per op.
#include <functional>
#include <string>

#include <gtest/gtest.h>

#include <infograd/autograd/grad_mode.h>
#include <infograd/ops/creation.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/index.h>
#include <infograd/ops/inplace.h>
#include <infograd/ops/reduce.h>
#include <infograd/ops/shape_ops.h>

namespace infograd {
namespace {

enum class Memory { aliases, copies, is_the_input };

struct ViewRow {
  std::string name;
  Memory memory;
  std::function<Tensor(const Tensor&)> f;
};

void PrintTo(const ViewRow& row, std::ostream* stream) {
  *stream << row.name;
}

class ViewTable : public ::testing::TestWithParam<ViewRow> {};

// x is f32 [2, 3] row-major with values 0..5.
TEST_P(ViewTable, SharesMemoryAsDocumented) {
  const Tensor x = reshape(arange(6).to(DType::f32), {2, 3});
  const Tensor y = GetParam().f(x);
  EXPECT_EQ(y.impl().storage == x.impl().storage, GetParam().memory != Memory::copies);
  EXPECT_EQ(y.is_same(x), GetParam().memory == Memory::is_the_input);
  // Writing to x shows in y exactly if it aliases.
  const std::vector<float> before = y.to_vector<float>();
  Tensor target = x;
  add_(target, 100);
  const bool changed = y.to_vector<float>() != before;
  EXPECT_EQ(changed, GetParam().memory != Memory::copies);
}

const std::vector<ViewRow> kTable = {
    {"reshape", Memory::aliases,
     [](const Tensor& x) {
       return reshape(x, {3, 2});
     }},
    {"reshape_same_shape", Memory::is_the_input,
     [](const Tensor& x) {
       return reshape(x, {2, 3});
     }},
    {"reshape_of_transposed", Memory::copies, [](const Tensor& x) { return reshape(transpose(x), {6}); }},
    {"reshape_splitting_transposed", Memory::aliases,
     [](const Tensor& x) {
       return reshape(transpose(x), {3, 1, 2});
     }},
    {"transpose", Memory::aliases, [](const Tensor& x) { return transpose(x); }},
    {"permute", Memory::aliases,
     [](const Tensor& x) {
       return permute(x, {1, 0});
     }},
    {"squeeze", Memory::aliases, [](const Tensor& x) { return squeeze(unsqueeze(x, 1)); }},
    {"unsqueeze", Memory::aliases, [](const Tensor& x) { return unsqueeze(x, 0); }},
    {"expand", Memory::aliases,
     [](const Tensor& x) {
       return expand(x, {4, 2, 3});
     }},
    {"flatten", Memory::aliases, [](const Tensor& x) { return flatten(x); }},
    {"slice", Memory::aliases, [](const Tensor& x) { return slice(x, 1, 0, std::nullopt, 2); }},
    {"slice_reversed", Memory::copies, [](const Tensor& x) { return slice(x, 1, -1, std::nullopt, -1); }},
    {"select", Memory::aliases, [](const Tensor& x) { return select(x, 0, 1); }},
    {"detach", Memory::aliases, [](const Tensor& x) { return x.detach(); }},
    {"contiguous", Memory::is_the_input, [](const Tensor& x) { return x.contiguous(); }},
    {"contiguous_of_transposed", Memory::copies, [](const Tensor& x) { return transpose(x).contiguous(); }},
    {"clone", Memory::copies, [](const Tensor& x) { return x.clone(); }},
    {"to_same_dtype", Memory::is_the_input, [](const Tensor& x) { return x.to(DType::f32); }},
    {"to_same_device", Memory::is_the_input, [](const Tensor& x) { return x.to(cpu); }},
    {"to_and_back", Memory::copies, [](const Tensor& x) { return x.to(DType::f64).to(DType::f32); }},
    {"arithmetic", Memory::copies, [](const Tensor& x) { return x + 0; }},
    {"concat", Memory::copies,
     [](const Tensor& x) {
       return concat({x, x});
     }},
    {"concat_of_one", Memory::copies, [](const Tensor& x) { return concat({x}); }},
    {"stack", Memory::copies, [](const Tensor& x) { return stack({x}); }},
    {"gather", Memory::copies,
     [](const Tensor& x) {
       return gather(x, 1, zeros({2, 1}, DType::i64));
     }},
    {"index_select", Memory::copies, [](const Tensor& x) { return index_select(x, 0, arange(2)); }},
    {"sum_to_same_shape", Memory::is_the_input,
     [](const Tensor& x) {
       return sum_to(x, {2, 3});
     }},
    {"to_channels_last", Memory::copies,
     [](const Tensor& x) {
       return to_channels_last(reshape(x, {1, 3, 2, 1}));
     }},
};

INSTANTIATE_TEST_SUITE_P(Ops, ViewTable, ::testing::ValuesIn(kTable),
                         [](const ::testing::TestParamInfo<ViewRow>& row) { return row.param.name; });

TEST(Reshape, ViewsWhateverStridesAllow) {
  const Tensor x = reshape(arange(24), {2, 3, 4});
  const auto aliases = [](const Tensor& view, const Shape& shape) {
    const Tensor y = reshape(view, shape);
    EXPECT_EQ(y.to_vector<int64_t>(), reshape(view.clone().contiguous(), shape).to_vector<int64_t>());
    return y.impl().storage == view.impl().storage;
  };
  EXPECT_TRUE(aliases(slice(x, 0, 1), {12}));
  EXPECT_TRUE(aliases(slice(x, 2, 0, 2), {6, 2}));  // the two outer axes lie behind each other
  EXPECT_FALSE(aliases(slice(x, 2, 0, 2), {12}));
  EXPECT_TRUE(aliases(transpose(x, 0, 1), {3, 1, 2, 2, 2}));
  EXPECT_FALSE(aliases(transpose(x, 0, 1), {6, 4}));
  EXPECT_TRUE(aliases(expand(select(x, 0, 0), {5, 3, 4}), {5, 12}));
  EXPECT_TRUE(aliases(permute(x, {2, 0, 1}), {4, 6}));
  EXPECT_TRUE(aliases(slice(x, 1, 0, 0), {0, 7}));
}

TEST(Slice, FollowsPythonBounds) {
  const Tensor x = arange(6);
  const auto values = [&](int64_t start, std::optional<int64_t> stop, int64_t step) {
    return slice(x, 0, start, stop, step).to_vector<int64_t>();
  };
  using V = std::vector<int64_t>;
  EXPECT_EQ(values(1, 4, 1), (V{1, 2, 3}));
  EXPECT_EQ(values(-2, std::nullopt, 1), (V{4, 5}));
  EXPECT_EQ(values(-100, 2, 1), (V{0, 1}));
  EXPECT_EQ(values(4, 100, 1), (V{4, 5}));
  EXPECT_EQ(values(0, -1, 2), (V{0, 2, 4}));
  EXPECT_EQ(values(4, 2, 1), V{});
  EXPECT_EQ(values(100, std::nullopt, 1), V{});
  EXPECT_EQ(values(-1, std::nullopt, -1), (V{5, 4, 3, 2, 1, 0}));
  EXPECT_EQ(values(4, 1, -2), (V{4, 2}));
  EXPECT_EQ(values(100, -100, -3), (V{5, 2}));
  EXPECT_EQ(values(1, 4, -1), V{});
  EXPECT_EQ(values(0, std::nullopt, INT64_MAX), V{0});
}

TEST(Views, GradientsReachTheirPlace) {
  Tensor x = reshape(arange(6).to(DType::f32), {2, 3});
  x.set_requires_grad();
  sum(slice(transpose(x), 0, 1, 3) * tensor({{1, 2}, {3, 4}})).backward();
  EXPECT_EQ(x.grad().to_vector<float>(), (std::vector<float>{0, 1, 3, 0, 2, 4}));
  x.zero_grad();
  sum(expand(unsqueeze(x, 0), {5, 2, 3})).backward();
  EXPECT_EQ(x.grad().to_vector<float>(), std::vector<float>(6, 5));
}

TEST(Views, DoNotRecordUnderNoGrad) {
  Tensor x = ones({2, 3});
  x.set_requires_grad();
  const NoGrad off;
  EXPECT_FALSE(transpose(x).requires_grad());
}

}  // namespace
}  // namespace infograd
