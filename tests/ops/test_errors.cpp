// Wrong use: each error names the op, what is wrong with every shape and dtype, and the usual cause. One row
// per mistake.
#include <functional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <infograd/autograd/grad_mode.h>
#include <infograd/core/error.h>
#include <infograd/ops/creation.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/index.h>
#include <infograd/ops/inplace.h>
#include <infograd/ops/random_ops.h>
#include <infograd/ops/reduce.h>
#include <infograd/ops/shape_ops.h>

#include "tests/message_of.h"

namespace infograd {
namespace {

using ::testing::HasSubstr;

enum class Kind { shape, dtype, value };

struct Mistake {
  std::string name;
  Kind kind;
  std::vector<std::string> says;  // parts of the message
  std::function<void()> f;
};

void PrintTo(const Mistake& mistake, std::ostream* stream) {
  *stream << mistake.name;
}

class WrongUse : public ::testing::TestWithParam<Mistake> {};

TEST_P(WrongUse, IsExplained) {
  const Mistake& mistake = GetParam();
  const std::string message = mistake.kind == Kind::shape   ? message_of<ShapeError>(mistake.f)
                              : mistake.kind == Kind::dtype ? message_of<DTypeError>(mistake.f)
                                                            : message_of<ValueError>(mistake.f);
  for (const std::string& part : mistake.says) EXPECT_THAT(message, HasSubstr(part));
}

Tensor f(const Shape& shape) {
  return ones(shape);
}
Tensor i(const Shape& shape) {
  return ones(shape, DType::i64);
}
Tensor b(const Shape& shape) {
  return ones(shape, DType::b8);
}
Tensor leaf(const Shape& shape) {
  return ones(shape).set_requires_grad();
}
Tensor undefined() {
  return {};
}

const std::vector<Mistake> kElementwise = {
    {"undefined_operand", Kind::value, {"add", "a"}, [] { undefined() + f({2}); }},
    {"undefined_input", Kind::value, {"exp", "x"}, [] { exp(undefined()); }},
    {"mixed_dtypes", Kind::dtype, {"mul", "f32", "i64"}, [] { f({2}) * i({2}); }},
    {"shapes_that_do_not_broadcast",
     Kind::shape,
     {"add", "[2, 3]", "[4]"},
     [] {
       f({2, 3}) + f({4});
     }},
    {"exp_of_integers", Kind::dtype, {"exp", "i64[3]", "floating", "to(DType::f32)"}, [] { exp(i({3})); }},
    {"division_of_integers", Kind::dtype, {"div", "i64[3]", "floating"}, [] { i({3}) / i({3}); }},
    {"arithmetic_of_masks", Kind::dtype, {"add", "b8[3]"}, [] { b({3}) + b({3}); }},
    {"fraction_times_integers", Kind::value, {"affine", "0.5", "i64"}, [] { i({3}) * 0.5; }},
    {"fraction_compared_with_integers", Kind::value, {"gt", "0.5", "i64"}, [] { gt(i({3}), 0.5); }},
    {"logic_of_floats", Kind::dtype, {"logical_and", "f32[2]", "b8"}, [] { logical_and(f({2}), f({2})); }},
    {"condition_of_floats",
     Kind::dtype,
     {"where", "condition", "f32[2]", "b8"},
     [] { where(f({2}), f({2}), f({2})); }},
    {"where_of_mixed_dtypes", Kind::dtype, {"where", "f32", "i64"}, [] { where(b({2}), f({2}), i({2})); }},
    {"mask_that_does_not_fit",
     Kind::shape,
     {"masked_fill", "[2, 3]", "[2]"},
     [] {
       masked_fill(f({2, 3}), b({2}), 0);
     }},
};

const std::vector<Mistake> kReductions = {
    {"axis_out_of_range",
     Kind::shape,
     {"sum", "2"},
     [] {
       sum(f({2, 3}), {2});
     }},
    {"axis_twice",
     Kind::shape,
     {"mean", "twice", "[2, 3]"},
     [] {
       mean(f({2, 3}), {1, -1});
     }},
    {"mean_of_integers", Kind::dtype, {"mean", "i64[4]", "floating"}, [] { mean(i({4})); }},
    {"sum_of_mask", Kind::dtype, {"sum", "b8[4]", "to("}, [] { sum(b({4})); }},
    {"any_of_floats", Kind::dtype, {"any", "f32[4]", "comparison"}, [] { any(f({4})); }},
    {"argmax_of_nothing",
     Kind::shape,
     {"argmax", "axis 1", "f32[2, 0]", "empty"},
     [] {
       argmax(f({2, 0}), 1);
     }},
    {"norm_of_order_3", Kind::value, {"norm", "3"}, [] { norm(f({4}), 3); }},
    {"sum_to_a_shape_that_does_not_broadcast",
     Kind::shape,
     {"sum_to", "f32[2, 3]", "[2]"},
     [] {
       sum_to(f({2, 3}), {2});
     }},
    {"cumsum_axis", Kind::shape, {"cumsum"}, [] { cumsum(f({2}), 1); }},
};

const std::vector<Mistake> kShapes = {
    {"reshape_to_another_size",
     Kind::shape,
     {"reshape", "f32[2, 3]", "6", "[4]"},
     [] {
       reshape(f({2, 3}), {4});
     }},
    {"reshape_of_nothing_to_too_much",
     Kind::shape,
     {"reshape", "2^63"},
     [] {
       reshape(f({0}), {int64_t{1} << 32, int64_t{1} << 32});
     }},
    {"expand_to_a_negative_extent",
     Kind::shape,
     {"expand", "[-5]", "negative"},
     [] { expand(f({1}), {-5}); }},
    {"expand_keeps_no_new_axis",
     Kind::shape,
     {"expand", "[-1, 3]", "negative"},
     [] {
       expand(f({3}), {-1, 3});
     }},
    {"expand_to_too_much",
     Kind::shape,
     {"expand", "2^63"},
     [] {
       expand(f({1}), {int64_t{1} << 32, int64_t{1} << 32});
     }},
    {"reshape_with_two_unknowns",
     Kind::shape,
     {"reshape", "-1"},
     [] {
       reshape(f({4}), {-1, -1});
     }},
    {"reshape_that_cannot_be_inferred",
     Kind::shape,
     {"reshape", "[4, -1]", "6"},
     [] {
       reshape(f({2, 3}), {4, -1});
     }},
    {"reshape_of_nothing_with_unknown",
     Kind::shape,
     {"reshape", "[0, -1]"},
     [] {
       reshape(f({0}), {0, -1});
     }},
    {"reshape_to_negative",
     Kind::shape,
     {"reshape", "negative"},
     [] {
       reshape(f({2, 3}), {-2, -3});
     }},
    {"permute_too_few",
     Kind::shape,
     {"permute", "1 axes", "rank 2"},
     [] {
       permute(f({2, 3}), {0});
     }},
    {"permute_twice",
     Kind::shape,
     {"permute", "twice"},
     [] {
       permute(f({2, 3}), {0, -2});
     }},
    {"transpose_of_a_vector", Kind::shape, {"transpose"}, [] { transpose(f({3})); }},
    {"squeeze_of_a_long_axis",
     Kind::shape,
     {"squeeze", "f32[2, 3]", "extent 3"},
     [] {
       squeeze(f({2, 3}), 1);
     }},
    {"unsqueeze_beyond_rank_6",
     Kind::shape,
     {"unsqueeze", "6"},
     [] {
       unsqueeze(f({1, 1, 1, 1, 1, 1}), 0);
     }},
    {"expand_of_a_long_axis", Kind::shape, {"expand", "f32[2]", "[3]"}, [] { expand(f({2}), {3}); }},
    {"flatten_backwards",
     Kind::shape,
     {"flatten", "first axis 1", "last axis 0"},
     [] {
       flatten(f({2, 3}), 1, 0);
     }},
    {"concat_of_nothing", Kind::value, {"concat", "empty"}, [] { concat({}); }},
    {"concat_of_mixed_dtypes",
     Kind::dtype,
     {"concat", "f32", "i64"},
     [] {
       concat({f({2}), i({2})});
     }},
    {"concat_that_does_not_fit",
     Kind::shape,
     {"concat", "f32[2, 4]", "f32[2, 3]", "axis 0"},
     [] {
       concat({f({2, 3}), f({2, 4})});
     }},
    {"stack_of_different_shapes",
     Kind::shape,
     {"stack", "f32[2]", "f32[3]"},
     [] {
       stack({f({2}), f({3})});
     }},
    {"slice_with_step_0", Kind::value, {"slice", "step is 0"}, [] { slice(f({2}), 0, 0, 2, 0); }},
    {"select_out_of_range", Kind::value, {"select", "index 3", "f32[3]"}, [] { select(f({3}), 0, 3); }},
    {"channels_last_of_a_matrix",
     Kind::shape,
     {"to_channels_last", "f32[2, 3]", "[B, C, H, W]"},
     [] {
       to_channels_last(f({2, 3}));
     }},
};

const std::vector<Mistake> kIndices = {
    {"gather_out_of_range",
     Kind::value,
     {"gather", "index 7", "extent 3", "-3 to 2"},
     [] { gather(f({3}), 0, full({2}, 7, DType::i64)); }},
    {"gather_below_range",
     Kind::value,
     {"gather", "index -4"},
     [] { gather(f({3}), 0, full({2}, -4, DType::i64)); }},
    {"gather_with_float_index",
     Kind::dtype,
     {"gather", "index", "f32[3]", "i64"},
     [] { gather(f({3}), 0, f({3})); }},
    {"gather_of_another_rank",
     Kind::shape,
     {"gather", "i64[3]", "f32[2, 3]"},
     [] {
       gather(f({2, 3}), 1, i({3}));
     }},
    {"index_select_with_a_matrix",
     Kind::shape,
     {"index_select", "i64[2, 2]"},
     [] {
       index_select(f({3}), 0, i({2, 2}));
     }},
    {"one_hot_out_of_range",
     Kind::value,
     {"one_hot", "index 3", "extent 3"},
     [] { one_hot(full({1}, 3, DType::i64), 3); }},
    {"one_hot_of_no_class", Kind::value, {"one_hot", "classes is 0"}, [] { one_hot(i({2}), 0); }},
    {"topk_of_too_many", Kind::value, {"topk", "k is 4", "f32[3]"}, [] { topk(f({3}), 4); }},
};

const std::vector<Mistake> kInplace = {
    {"inplace_on_a_leaf",
     Kind::value,
     {"add_", "f32[2]", "NoGrad"},
     [] {
       Tensor x = leaf({2});
       add_(x, 1);
     }},
    {"inplace_on_a_recorded_tensor",
     Kind::value,
     {"mul_", "NoGrad"},
     [] {
       Tensor x = exp(leaf({2}));
       mul_(x, 2);
     }},
    {"inplace_with_a_recorded_operand",
     Kind::value,
     {"add_", "y", "gradient"},
     [] {
       Tensor x = f({2});
       add_(x, leaf({2}));
     }},
    {"inplace_on_expanded_memory",
     Kind::value,
     {"fill_", "axis 0", "clone()"},
     [] {
       Tensor x = expand(f({1}), {4});
       fill_(x, 1);
     }},
    {"inplace_that_would_grow",
     Kind::shape,
     {"add_", "f32[2, 3]", "f32[3]"},
     [] {
       Tensor x = f({3});
       add_(x, f({2, 3}));
     }},
    {"inplace_of_mixed_dtypes",
     Kind::dtype,
     {"add_", "f32", "i64"},
     [] {
       Tensor x = f({3});
       add_(x, i({3}));
     }},
    {"inplace_fraction_into_integers",
     Kind::value,
     {"fill_", "0.5", "i64"},
     [] {
       Tensor x = i({3});
       fill_(x, 0.5);
     }},
    {"inplace_undefined",
     Kind::value,
     {"zero_", "x"},
     [] {
       Tensor x;
       zero_(x);
     }},
};

const std::vector<Mistake> kCreation = {
    {"from_data_of_another_size",
     Kind::shape,
     {"from_data", "3 values", "[2, 2]", "4"},
     [] {
       from_data(std::vector<float>{1, 2, 3}, {2, 2});
     }},
    {"ragged_literal",
     Kind::shape,
     {"tensor", "row"},
     [] {
       tensor({{1, 2}, {3, 4, 5}});
     }},
    {"negative_extent",
     Kind::shape,
     {"full", "[2, -1]"},
     [] {
       zeros({2, -1});
     }},
    {"unrepresentable_scalar", Kind::value, {"full", "300", "u8"}, [] { full({2}, 300, DType::u8); }},
    {"arange_beyond_its_dtype", Kind::value, {"arange", "256", "u8"}, [] { arange(250, 257, 1, DType::u8); }},
    {"arange_without_step", Kind::value, {"arange", "step 0"}, [] { arange(0, 1, 0); }},
    {"linspace_of_integers", Kind::dtype, {"linspace", "i64"}, [] { linspace(0, 1, 3, DType::i64); }},
    {"uniform_backwards", Kind::value, {"rand_uniform", "low 1", "high 0"}, [] { rand_uniform({2}, 1, 0); }},
    {"normal_with_negative_std", Kind::value, {"rand_normal", "-1"}, [] { rand_normal({2}, 0, -1); }},
    {"normal_of_integers",
     Kind::dtype,
     {"rand_normal", "i64", "rand_integers"},
     [] { rand_normal({2}, 0, 1, DType::i64); }},
    {"bernoulli_above_1", Kind::value, {"rand_bernoulli", "1.5"}, [] { rand_bernoulli({2}, 1.5); }},
    {"integers_of_an_empty_range",
     Kind::value,
     {"rand_integers", "low 3", "high 3"},
     [] { rand_integers({2}, 3, 3); }},
    {"integers_of_too_wide_a_range",
     Kind::value,
     {"rand_integers", "2^32"},
     [] { rand_integers({2}, 0, (int64_t{1} << 32) + 1); }},
    {"too_many_axes",
     Kind::shape,
     {"axes", "6"},
     [] {
       sum(f({2}), {0, 0, 0, 0, 0, 0, 0});
     }},
};

const auto kName = [](const ::testing::TestParamInfo<Mistake>& row) { return row.param.name; };
INSTANTIATE_TEST_SUITE_P(Elementwise, WrongUse, ::testing::ValuesIn(kElementwise), kName);
INSTANTIATE_TEST_SUITE_P(Reductions, WrongUse, ::testing::ValuesIn(kReductions), kName);
INSTANTIATE_TEST_SUITE_P(Shapes, WrongUse, ::testing::ValuesIn(kShapes), kName);
INSTANTIATE_TEST_SUITE_P(Indices, WrongUse, ::testing::ValuesIn(kIndices), kName);
INSTANTIATE_TEST_SUITE_P(Inplace, WrongUse, ::testing::ValuesIn(kInplace), kName);
INSTANTIATE_TEST_SUITE_P(Creation, WrongUse, ::testing::ValuesIn(kCreation), kName);

}  // namespace
}  // namespace infograd
