// Indexing and optimizer kernels run on the host, against the reference backend.
#include <algorithm>
#include <numeric>

#include <gtest/gtest.h>

#include <infograd/backends/cuda/index_body.h>
#include <infograd/backends/cuda/optimizer_body.h>

#include "tests/backends/helpers.h"
#include "tests/cuda/emulate.h"

namespace infograd::cuda {
namespace {

using infograd::test::make;
using infograd::test::reference;
using infograd::test::transposed;
using infograd::test::values;
using infograd::test::wave;

Tensor indices(const Shape& shape, int64_t bound) {
  test::Values numbers(static_cast<size_t>(shape.numel()));
  for (size_t i = 0; i < numbers.size(); ++i)
    numbers[i] = static_cast<double>(i * 7919 % 101 % static_cast<size_t>(bound));
  return make(shape, numbers, DType::i64);
}

TEST(CudaIndex, TakeFollowsTheIndex) {
  const Tensor x = transposed(wave({4, 6}, 0, 1, 0, DType::f32)), index = indices({4, 9}, 6);
  const Tensor out = empty({4, 9}), expected = empty({4, 9});
  reference().gather(View(expected), ConstView(x), ConstView(index), 1);
  Strides still = x.strides();
  still[1] = 0;
  const Offsets<3> offsets(collapse<3>(out.shape(), {&out.strides(), &still, &index.strides()}));
  for (uint32_t i = 0; i < 36; ++i)
    take_element(i, offsets, x.strides()[1], out.data<float>(), static_cast<const float*>(x.raw_data()),
                 ConstView(index).as<int64_t>());
  EXPECT_EQ(values(out), values(expected));
}

/// Keys and where they were, as the stable sort of the device leaves them.
struct Sorted {
  std::vector<int64_t> keys, order;
  explicit Sorted(const std::vector<int64_t>& unsorted) : keys(unsorted), order(unsorted.size()) {
    std::iota(order.begin(), order.end(), int64_t{0});
    std::stable_sort(order.begin(), order.end(), [&](int64_t i, int64_t j) {
      return unsorted[static_cast<size_t>(i)] < unsorted[static_cast<size_t>(j)];
    });
    for (size_t i = 0; i < order.size(); ++i) keys[i] = unsorted[static_cast<size_t>(order[i])];
  }
};

Offsets<1> offsets_of(const Shape& shape, const Strides& strides) {
  return Offsets<1>(collapse<1>(shape, {&strides}, Order::row_major));
}

TEST(CudaIndex, ScatterAddSumsInOrder) {
  for (const int axis : {0, 1, 2}) {
    const Tensor src = transposed(wave({4, 5, 6}, 0.3)), index = indices({4, 5, 6}, 3);
    Shape shape{4, 5, 6};
    shape[axis] = 3;
    const Tensor out = wave(shape, 1), expected = wave(shape, 1);
    reference().scatter_add(View(expected), ConstView(index), ConstView(src), axis);
    Strides number = contiguous_strides(shape);
    const int64_t step = number[axis];
    number[axis] = 0;
    const Offsets<2> offsets(collapse<2>(src.shape(), {&number, &index.strides()}, Order::row_major));
    std::vector<int64_t> keys(static_cast<size_t>(src.numel()));
    for (size_t i = 0; i < keys.size(); ++i)
      keys[i] = scatter_key(static_cast<uint32_t>(i), offsets, step, ConstView(index).as<int64_t>());
    const Sorted sorted(keys);
    const SegmentAdd<double> kernel{out.data<double>(),
                                    ConstView(src).as<double>(),
                                    sorted.keys.data(),
                                    sorted.order.data(),
                                    src.numel(),
                                    Offsets<2>(),
                                    offsets_of(out.shape(), out.strides()),
                                    offsets_of(src.shape(), src.strides())};
    for (int64_t i = 0; i < kernel.count; ++i) kernel.run(i, 0);
    EXPECT_EQ(values(out), values(expected)) << "axis " << axis;
  }
}

TEST(CudaIndex, IndexAddSumsInOrder) {
  for (const int axis : {0, 1, 2}) {
    const Tensor src = transposed(wave({4, 5, 6}, 0.3));
    const int64_t n = src.size(axis);
    const Tensor index = indices({n}, 3);
    Shape shape{4, 5, 6};
    shape[axis] = 3;
    const Tensor out = wave(shape, 1), expected = wave(shape, 1);
    reference().index_add(View(expected), ConstView(index), ConstView(src), axis);
    const Sorted sorted(index.to_vector<int64_t>());
    Shape beside = src.shape();
    beside[axis] = 1;
    const SegmentAdd<double> kernel{out.data<double>(),
                                    ConstView(src).as<double>(),
                                    sorted.keys.data(),
                                    sorted.order.data(),
                                    n,
                                    Offsets<2>(collapse<2>(beside, {&out.strides(), &src.strides()})),
                                    offsets_of({3}, {out.strides()[axis]}),
                                    offsets_of({n}, {src.strides()[axis]})};
    for (int64_t i = 0; i < n; ++i)
      for (int64_t other = 0; other < beside.numel(); ++other) kernel.run(i, static_cast<uint32_t>(other));
    EXPECT_EQ(values(out), values(expected)) << "axis " << axis;
  }
}

// More parameters than blocks of one size, some longer than a block, one that is not aligned.
std::vector<int64_t> sizes() {
  return {1,
          3,
          4,
          1000,
          TensorList<float>::kPerBlock,
          TensorList<float>::kPerBlock + 1,
          5 * TensorList<float>::kPerBlock - 3};
}

template <class Step>
void run_list(const Step& step, const TensorList<float>& list) {
  const ListKernel<Step, float> kernel{step, list};
  for (int64_t block = 0; block < list.blocks; ++block)
    for (int t = 0; t < kThreads; ++t) kernel.run(block, t);
}

Tensor values_of(int64_t n, double phase) {
  return wave({n + 1}, phase, 0.5, 0.6, DType::f32);
}
/// All but the first element: not aligned for packs.
Tensor from_one(const Tensor& x) {
  return make_view(x, {x.numel() - 1}, {1}, 1);
}

TEST(CudaOptimizers, AdamAgreesWithReference) {
  for (const bool decoupled : {false, true}) {
    std::vector<Tensor> ours, theirs;
    std::vector<AdamItem> items;
    TensorList<float> list;
    for (const int64_t n : sizes()) {
      for (int k = 0; k < 4; ++k) {
        const Tensor a = values_of(n, k), b = values_of(n, k);
        ours.push_back(n == 1000 ? from_one(a) : a);
        theirs.push_back(n == 1000 ? from_one(b) : b);
      }
      const Tensor *o = &ours[ours.size() - 4], *t = &theirs[theirs.size() - 4];
      list.add(View(o[0]).as<float>(), View(o[1]).as<float>(), View(o[2]).as<float>(), View(o[3]).as<float>(),
               o->numel());
      items.push_back({View(t[0]), ConstView(t[1]), View(t[2]), View(t[3])});
    }
    const AdamArgs args{.items = items,
                        .lr = 0.01,
                        .weight_decay = 0.1,
                        .grad_scale = 0.5,
                        .step = 3,
                        .decoupled = decoupled};
    reference().adam_step(args);
    const double root = 1 / std::sqrt(1 - std::pow(0.999, 3));
    run_list(
        AdamStep<float>{0.9F, 0.999F, static_cast<float>(1 - 0.9), static_cast<float>(1 - 0.999), 0.5F,
                        decoupled ? 0.0F : 0.1F, decoupled ? static_cast<float>(1 - 0.01 * 0.1) : 1.0F,
                        static_cast<float>(0.01 / (1 - std::pow(0.9, 3))), static_cast<float>(root), 1e-8F},
        list);
    for (size_t i = 0; i < ours.size(); ++i) test::expect_values(ours[i], values(theirs[i]), 1e-6);
  }
}

TEST(CudaOptimizers, SgdAgreesWithReference) {
  for (const double momentum : {0.0, 0.9})
    for (const bool nesterov : {false, true}) {
      if (nesterov && momentum == 0) continue;
      std::vector<Tensor> ours, theirs;
      std::vector<SgdItem> items;
      TensorList<float> list;
      for (const int64_t n : sizes()) {
        for (int k = 0; k < 3; ++k) ours.push_back(values_of(n, k)), theirs.push_back(values_of(n, k));
        const Tensor *o = &ours[ours.size() - 3], *t = &theirs[theirs.size() - 3];
        list.add(View(o[0]).as<float>(), View(o[1]).as<float>(),
                 momentum == 0 ? nullptr : View(o[2]).as<float>(), nullptr, o->numel());
        items.push_back({View(t[0]), ConstView(t[1]), momentum == 0 ? View() : View(t[2])});
      }
      reference().sgd_step({.items = items,
                            .lr = 0.1,
                            .momentum = momentum,
                            .dampening = 0.2,
                            .weight_decay = 0.01,
                            .grad_scale = 2,
                            .nesterov = nesterov});
      run_list(SgdStep<float>{0.1F, static_cast<float>(momentum), 0.8F, 0.01F, 2, nesterov}, list);
      for (size_t i = 0; i < ours.size(); ++i) test::expect_values(ours[i], values(theirs[i]), 1e-6);
    }
}

}  // namespace
}  // namespace infograd::cuda
