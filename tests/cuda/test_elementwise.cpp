// The bodies of the element-wise kernels, run on the host, against the reference backend.
#include <gtest/gtest.h>

#include <infograd/backends/cuda/functions.h>

#include "tests/backends/helpers.h"
#include "tests/cuda/emulate.h"

namespace infograd::cuda {
namespace {

using infograd::test::make;
using infograd::test::reference;
using infograd::test::values;
using infograd::test::wave;

/// What elementwise() does with a loop, on the host.
template <class F, class Out, class... In>
void run(const F& f, const Shape& shape, const std::array<const Strides*, 1 + sizeof...(In)>& strides,
         Out* out, const In*... in) {
  constexpr int kOperands = 1 + sizeof...(In);
  const auto loop = collapse<kOperands>(shape, strides);
  if (loop.numel == 0) return;
  const Offsets<kOperands> offsets(loop);
  for (int64_t block = 0; block < blocks_for(loop.numel, kThreads * kItems); ++block)
    for (int t = 0; t < kThreads; ++t) apply_strided(f, block, t, loop.numel, offsets, out, in...);
}

/// The same values twice: contiguous, and with the axes in reverse order.
std::vector<Tensor> layouts(const Tensor& x) {
  return {x, test::transposed(x)};
}

TEST(CudaElementwise, PacksCoverEveryLength) {
  alignas(16) float x[70], y[70];
  for (int i = 0; i < 70; ++i) x[i] = static_cast<float>(i);
  const UnaryValue<scalar_math::Square, float> square{0, 0};
  ASSERT_TRUE(packable(x) && packable(y));
  EXPECT_FALSE(packable(x + 1));
  for (const int64_t n : {1, 3, 4, 5, 64, 69}) {
    std::fill(y, y + 70, -1.0F);
    testing::for_each_thread(n, kThreads * kItems, [&](int64_t thread) {
      apply_contiguous(square, thread, n, y, static_cast<const float*>(x));
    });
    for (int i = 0; i < 70; ++i) EXPECT_EQ(y[i], i < n ? static_cast<float>(i * i) : -1) << i << " of " << n;
  }
}

// 16 bytes at a time, of whatever type.
TEST(CudaElementwise, NarrowTypesHaveMoreNeighbours) {
  static_assert(kNeighbours<float> == 4 && kNeighbours<double, float> == 4 &&
                kNeighbours<bfloat16, float> == 4);
  static_assert(kNeighbours<bfloat16, bfloat16> == 8 && kNeighbours<bool, uint8_t> == 16);
  static_assert(sizeof(Pack<bfloat16, 8>) == 16 && alignof(Pack<bfloat16, 8>) == 16);
  alignas(16) uint8_t x[70], y[70];
  for (uint8_t i = 0; i < 70; ++i) x[i] = i;
  for (const int64_t n : {1, 15, 16, 17, 69}) {
    std::fill(y, y + 70, uint8_t{255});
    testing::for_each_thread(n, kThreads * 16, [&](int64_t thread) {
      apply_contiguous(Converted<uint8_t, uint8_t>{}, thread, n, y, static_cast<const uint8_t*>(x));
    });
    for (int i = 0; i < 70; ++i) EXPECT_EQ(y[i], i < n ? i : 255) << i << " of " << n;
  }
}

/// a * b over `shape` by packs and one by one.
template <class T>
void expect_inner_packs(const Shape& shape, const Strides& a_strides, const Strides& b_strides) {
  SCOPED_TRACE(to_string(shape));
  const DType dtype = dtype_of_v<T>;
  const Tensor a = wave({1024}, 0.2, 2, 0, dtype), b = wave({1024}, 1.1, 1, 2, dtype);
  const Tensor packed = empty(shape, dtype), one_by_one = empty(shape, dtype);
  const auto loop = collapse<3>(shape, {&packed.strides(), &a_strides, &b_strides});
  const BinaryValue<scalar_math::Mul, T> f{1};
  const auto packs = inner_packs(loop, kNeighbours<T>);
  ASSERT_TRUE(packs);
  EXPECT_EQ(packs->count * kNeighbours<T>, shape.numel());
  for (uint32_t i = 0; i < packs->count; ++i)
    apply_inner(f, i, *packs, std::make_index_sequence<2>(), packed.data<T>(), ConstView(a).as<T>(),
                ConstView(b).as<T>());
  run(f, shape, {&one_by_one.strides(), &a_strides, &b_strides}, one_by_one.data<T>(), ConstView(a).as<T>(),
      ConstView(b).as<T>());
  EXPECT_EQ(values(packed), values(one_by_one));
}

TEST(CudaElementwise, WhatIsBroadcastIsReadInPacks) {
  expect_inner_packs<float>({3, 5, 8}, {40, 8, 1}, {5, 1, 0});               // a number per row
  expect_inner_packs<bfloat16>({3, 5, 16}, {80, 16, 1}, {0, 0, 1});          // one row for all
  expect_inner_packs<bfloat16>({2, 3, 4, 8}, {96, 32, 8, 1}, {0, 1, 0, 0});  // one per channel
  expect_inner_packs<double>({7, 12}, {40, 1}, {0, 0});                      // part of the columns, a scalar
}

TEST(CudaElementwise, PacksThatDoNotFitAreRefused) {
  const auto fits = [](const Shape& shape, const Strides& out, const Strides& x) {
    return inner_packs(collapse<2>(shape, {&out, &x}), 4).has_value();
  };
  EXPECT_TRUE(fits({3, 8}, {8, 1}, {12, 1}));
  EXPECT_FALSE(fits({3, 6}, {6, 1}, {1, 0})) << "rows of other lengths";
  EXPECT_FALSE(fits({3, 8}, {8, 1}, {9, 1})) << "rows that begin in between";
  EXPECT_FALSE(fits({3, 8}, {8, 1}, {16, 2})) << "gaps";
  EXPECT_FALSE(fits({3, 8}, {16, 2}, {8, 1})) << "gaps in the result";
  EXPECT_FALSE(fits({3, 8}, {8, 1}, {1, 3})) << "transposed";
}

TEST(CudaElementwise, EveryUnaryFunctionIsThatOfTheReference) {
  const DType floats[] = {DType::f32, DType::f64, DType::bf16};
  for (int op = 0; op <= static_cast<int>(UnaryOp::affine); ++op)
    for (const DType dtype : floats)
      for (const Tensor& x : layouts(wave({3, 5, 4}, 0.3, 1.5, 0.7, dtype))) {
        SCOPED_TRACE("op " + std::to_string(op) + " of " + std::string(name(dtype)));
        const auto which = static_cast<UnaryOp>(op);
        const Tensor out = empty(x.shape(), dtype), expected = empty(x.shape(), dtype);
        reference().unary(which, View(expected), ConstView(x), 0.4, 1.2);
        visit_floating("test", dtype, [&](auto zero) {
          using T = decltype(zero);
          using C = ComputeOf<T>;
          scalar_math::visit(which, [&](auto function) {
            const UnaryValue<decltype(function), T> f{static_cast<C>(0.4), static_cast<C>(1.2)};
            run(f, x.shape(), {&out.strides(), &x.strides()}, out.template data<T>(),
                static_cast<const T*>(x.raw_data()));
          });
        });
        const double tolerance = dtype == DType::f64 ? 1e-13 : dtype == DType::f32 ? 3e-6 : 1e-2;
        test::expect_values(out, values(expected), tolerance);
      }
}

TEST(CudaElementwise, EveryDerivativeIsThatOfTheReference) {
  for (int op = 0; op <= static_cast<int>(UnaryOp::affine); ++op) {
    const auto which = static_cast<UnaryOp>(op);
    if (scalar_math::derivative_uses(which) == scalar_math::Uses::none) continue;
    const Tensor x = wave({6, 7}, 0.1, 1.2, 1.4, DType::f32), dy = wave({6, 7}, 2, 1, 0, DType::f32);
    const Tensor y = empty(x.shape()), out = empty(x.shape()), expected = empty(x.shape());
    reference().unary(which, View(y), ConstView(x), 0.4, 1.2);
    reference().unary_grad(which, View(expected), ConstView(dy), ConstView(x), ConstView(y), 0.4, 1.2);
    scalar_math::visit(which, [&](auto function) {
      using Function = decltype(function);
      if constexpr (Function::uses != scalar_math::Uses::none) {
        const Tensor& used = Function::uses == scalar_math::Uses::y ? y : x;
        run(UnaryDerivative<Function, float>{0.4F, 1.2F}, x.shape(),
            {&out.strides(), &dy.strides(), &used.strides()}, out.data<float>(),
            static_cast<const float*>(dy.raw_data()), static_cast<const float*>(used.raw_data()));
      }
    });
    SCOPED_TRACE("op " + std::to_string(op));
    test::expect_values(out, values(expected), 1e-5);
  }
}

TEST(CudaElementwise, BinaryFunctionsBroadcast) {
  const Tensor a = wave({4, 1, 5}, 0.2, 2, 0, DType::f32), b = wave({3, 5}, 1.1, 1, 2, DType::f32);
  const Shape shape{4, 3, 5};
  const ConstView left = ConstView::broadcast(a, shape), right = ConstView::broadcast(b, shape);
  for (int op = 0; op <= static_cast<int>(BinaryOp::logical_xor); ++op) {
    SCOPED_TRACE("op " + std::to_string(op));
    const auto which = static_cast<BinaryOp>(op);
    const DType dtype = scalar_math::is_comparison(which) ? DType::b8 : DType::f32;
    const Tensor out = empty(shape, dtype), expected = empty(shape, dtype);
    reference().binary(which, View(expected), left, right, 0.5);
    const std::array<const Strides*, 3> strides{&out.strides(), &left.strides, &right.strides};
    if (dtype == DType::b8)
      run(Comparison<float>{which}, shape, strides, out.data<bool>(), left.as<float>(), right.as<float>());
    else
      scalar_math::visit(which, [&](auto function) {
        run(BinaryValue<decltype(function), float>{0.5F}, shape, strides, out.data<float>(), left.as<float>(),
            right.as<float>());
      });
    test::expect_values(out, values(expected), 1e-6);
  }
}

TEST(CudaElementwise, IntegersAndFlags) {
  const Tensor a = make({6}, {-7, -1, 0, 1, 2, 250}, DType::i64),
               b = make({6}, {2, -1, 5, 3, 2, 3}, DType::i64);
  for (int op = 0; op <= static_cast<int>(BinaryOp::minimum); ++op) {
    const auto which = static_cast<BinaryOp>(op);
    if (which == BinaryOp::pow) continue;  // a negative exponent throws on the host
    const Tensor out = empty({6}, DType::i64), expected = empty({6}, DType::i64);
    reference().binary(which, View(expected), ConstView(a), ConstView(b), 3);
    run(IntegerBinary<int64_t>{which, which == BinaryOp::add ? 3 : 1}, {6},
        {&out.strides(), &a.strides(), &b.strides()}, out.data<int64_t>(), ConstView(a).as<int64_t>(),
        ConstView(b).as<int64_t>());
    EXPECT_EQ(values(out), values(expected)) << "op " << op;
  }
  EXPECT_EQ((IntegerBinary<int64_t>{BinaryOp::div, 1}(5, 0)), 0) << "no exception on a device";
  EXPECT_EQ((IntegerBinary<int64_t>{BinaryOp::pow, 1}(5, -1)), 0);
  EXPECT_TRUE(UnaryFlag<float>{true}(1.0F));
  EXPECT_FALSE(UnaryFlag<float>{true}(std::numeric_limits<float>::infinity()));
  EXPECT_TRUE(UnaryFlag<int64_t>{false}(0));
  EXPECT_FALSE(UnaryFlag<bool>{false}(true));
}

TEST(CudaElementwise, ConversionsAreThoseOfTheReference) {
  const DType all[] = {DType::f32, DType::f64, DType::bf16, DType::i64, DType::u8, DType::b8};
  const Tensor numbers = make({7}, {-300.7, -1, -0.4, 0, 0.6, 254.9, 1e6});
  for (const DType from : all) {
    const Tensor x = empty({7}, from);
    reference().copy(View(x), ConstView(numbers));
    for (const DType to : all) {
      const Tensor out = empty({7}, to), expected = empty({7}, to);
      reference().copy(View(expected), ConstView(x));
      visit_dtype(to, [&](auto to_zero) {
        visit_dtype(from, [&](auto from_zero) {
          using To = decltype(to_zero);
          using From = decltype(from_zero);
          run(Converted<To, From>{}, {7}, {&out.strides(), &x.strides()}, out.template data<To>(),
              static_cast<const From*>(x.raw_data()));
        });
      });
      EXPECT_EQ(values(out), values(expected)) << name(from) << " to " << name(to);
    }
  }
}

}  // namespace
}  // namespace infograd::cuda
