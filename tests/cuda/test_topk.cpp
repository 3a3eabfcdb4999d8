// The keys of top-k run on the host, sorted stably, against the reference backend.
#include <algorithm>
#include <numeric>

#include <gtest/gtest.h>

#include <infograd/backends/cuda/topk_body.h>

#include "tests/backends/helpers.h"

namespace infograd::cuda {
namespace {

using infograd::test::make;
using infograd::test::reference;
using infograd::test::transposed;
using infograd::test::values;

/// As topk.cu, `at_once` lines per sort.
template <class T>
void run_topk(TopK<T> topk, int64_t lines, int64_t at_once) {
  for (; topk.first_line < lines; topk.first_line += at_once) {
    const int64_t here = std::min(at_once, lines - topk.first_line), n = here * topk.length.divisor;
    std::vector<int64_t> order(static_cast<size_t>(n));
    std::iota(order.begin(), order.end(), 0);
    const auto key = [&](int64_t e) { return static_cast<uint64_t>(topk.key(static_cast<uint32_t>(e))); };
    std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) { return key(a) < key(b); });
    if (!TopK<T>::kWithLine)
      std::stable_sort(order.begin(), order.end(),
                       [&](int64_t a, int64_t b) { return topk.line_of(a) < topk.line_of(b); });
    for (uint32_t t = 0; t < here * topk.k.divisor; ++t) topk.write(t, order.data());
  }
}

TEST(CudaTopK, AgreesWithReferenceAtTiesZerosAndNaN) {
  const double kNan = test::kNan, kInf = test::kInf;
  test::Values numbers;
  for (int i = 0; i < 60; ++i)
    numbers.push_back(i * 7 % 5 == 0 ? 0 : (i % 3 == 0 ? -1.0 : 1.0) * (i * 11 % 13));
  for (const DType dtype : {DType::f32, DType::f64, DType::bf16, DType::i64, DType::u8})
    for (const bool swapped : {false, true})
      for (int axis = 0; axis < 3; ++axis)
        for (const bool largest : {false, true})
          for (const int64_t at_once : {1, 4, 100}) {
            test::Values data = numbers;
            if (is_floating(dtype))
              data[3] = data[17] = kNan, data[20] = -0.0, data[21] = kInf, data[40] = -kInf;
            if (dtype == DType::u8)
              for (double& x : data) x = std::abs(x);
            const Shape shape{3, 4, 5};
            const Tensor plain = make(shape, data, dtype), x = swapped ? transposed(plain) : plain;
            const int64_t k = std::min<int64_t>(3, shape[axis]);
            Shape chosen = shape, kept = shape;
            chosen[axis] = k, kept[axis] = 1;
            const Tensor v = empty(chosen, dtype), v_expected = empty(chosen, dtype);
            const Tensor i = empty(chosen, DType::i64), i_expected = empty(chosen, DType::i64);
            reference().topk(View(v_expected), View(i_expected), ConstView(x), axis, largest);
            visit_dtype(dtype, [&](auto zero) {
              using T = decltype(zero);
              run_topk(TopK<T>{Offsets<3>(collapse<3>(kept, {&v.strides(), &i.strides(), &x.strides()})),
                               v.strides()[axis], i.strides()[axis], x.strides()[axis], 0,
                               Divider(static_cast<uint32_t>(shape[axis])), Divider(static_cast<uint32_t>(k)),
                               static_cast<T*>(v.raw_data()), i.data<int64_t>(),
                               static_cast<const T*>(x.raw_data()), largest},
                       kept.numel(), at_once);
            });
            SCOPED_TRACE(std::string(name(dtype)) + " axis " + std::to_string(axis));
            test::expect_values(i, values(i_expected));
            test::expect_values(v, values(v_expected));
          }
}

TEST(CudaTopK, LinesPerSortBoundTheMemory) {
  EXPECT_EQ(lines_per_sort(1), 1 << 24);
  EXPECT_EQ(lines_per_sort(50000), 335);
  EXPECT_EQ(lines_per_sort(int64_t{1} << 30), 1);
}

}  // namespace
}  // namespace infograd::cuda
