// Random numbers of the CUDA kernels, computed on the host: the same bits as the reference backend.
#include <gtest/gtest.h>

#include <infograd/backends/cuda/random_body.h>

#include "tests/backends/helpers.h"
#include "tests/cuda/emulate.h"

namespace infograd::cuda {
namespace {

using infograd::test::reference;
using infograd::test::values;

constexpr PhiloxKey kKey{42, 7, 1000};

template <class T, class Draw>
void expect_draw(const Draw& draw, RandomKind kind, double a, double b) {
  for (const int64_t n : {1, 4, 7, 1030}) {
    const Tensor out = empty({n}, dtype_of_v<T>), expected = empty({n}, dtype_of_v<T>);
    for (const bool packed : {true, false}) {
      reference().fill(View(out), 0);
      testing::for_each_thread(n, kThreads * kItems, [&](int64_t thread) {
        draw_block(draw, kKey, thread, n, packed, out.data<T>());
      });
      reference().random({kind, View(expected), a, b, kKey});
      EXPECT_EQ(values(out), values(expected)) << n << " of " << name(out.dtype());
    }
  }
}

TEST(CudaRandom, UniformBernoulliAndIntegersBitForBit) {
  expect_draw<float>(Uniform<float>{-1, 3}, RandomKind::uniform, -1, 3);
  expect_draw<double>(Uniform<double>{-1, 3}, RandomKind::uniform, -1, 3);
  expect_draw<bfloat16>(Uniform<bfloat16>{-1, 3}, RandomKind::uniform, -1, 3);
  expect_draw<float>(Bernoulli<float>{0.3}, RandomKind::bernoulli, 0.3, 0);
  expect_draw<bool>(Bernoulli<bool>{0.3}, RandomKind::bernoulli, 0.3, 0);
  expect_draw<int64_t>(Integers<int64_t>{-5, 17}, RandomKind::integers, -5, 12);
  expect_draw<uint8_t>(Integers<uint8_t>{3, 200}, RandomKind::integers, 3, 203);
}

TEST(CudaRandom, NormalBitForBit) {
  expect_draw<float>(Normal<float>{1, 2}, RandomKind::normal, 1, 2);
  expect_draw<double>(Normal<double>{1, 2}, RandomKind::normal, 1, 2);
}

TEST(CudaRandom, DropoutGoesByTheNumberOfAnElement) {
  const Shape shape{5, 9};
  const Tensor x = test::wave(shape, 0.2, 1, 3, DType::f32), expected = empty(shape);
  reference().dropout(View(expected), ConstView(x), 0.4, kKey);
  const Dropout<float> drop{0.4, static_cast<float>(1 / 0.6)};

  const Tensor dense = empty(shape);
  testing::for_each_thread(45, kThreads * kItems, [&](int64_t thread) {
    drop_block(drop, kKey, thread, 45, dense.data<float>(), static_cast<const float*>(x.raw_data()));
  });
  test::expect_values(dense, values(expected), 2.4e-7);  // the factor and the product are rounded to f32

  const Tensor columns = test::transposed(x), out = empty(shape);
  const Strides number = contiguous_strides(shape);
  const auto loop = collapse<3>(shape, {&number, &out.strides(), &columns.strides()}, Order::row_major);
  for_each_part<3>(
      loop,
      [&](const Loop<3>& part, const std::array<int64_t, 3>& first) {
        const Offsets<3> offsets(part);
        for (int64_t i = 0; i < part.numel; ++i)
          drop_element(drop, kKey, first[0], i, offsets, out.data<float>() + first[1],
                       static_cast<const float*>(columns.raw_data()) + first[2]);
      },
      10);
  EXPECT_EQ(values(out), values(dense));
}

}  // namespace
}  // namespace infograd::cuda
