// Reduction kernels run on the host, against the reference backend.
#include <cstring>

#include <gtest/gtest.h>

#include <infograd/backends/cuda/cross_entropy_body.h>
#include <infograd/backends/cuda/reductions.h>
#include <infograd/backends/cuda/scan_body.h>
#include <infograd/backends/cuda/softmax_body.h>

#include "tests/backends/helpers.h"
#include "tests/cuda/emulate.h"

namespace infograd::cuda {
namespace {

using infograd::test::make;
using infograd::test::reference;
using infograd::test::transposed;
using infograd::test::values;
using infograd::test::wave;
using testing::run_pass;

/// Passes as in reduce.cu.
template <Combine kind, Term of, class T>
void accumulate(const Slices& slices, const T* x, T* out, const Accumulate<kind, of, T, T>& policy) {
  const SliceSchedule schedule = schedule_slices(slices, true);
  if (schedule.chunks == 1) return run_pass(policy, slices, schedule, x, out);
  std::vector<double> partials(static_cast<size_t>(schedule.chunks * slices.kept.numel));
  run_pass(policy, slices, schedule, x, out, partials.data());
  const Slices rest = slices_of_partials(slices, schedule.chunks);
  const Accumulate<kind, Term::value, double, T> last{policy.first, policy.center,     policy.last,
                                                      policy.n,     policy.correction, policy.f32_center};
  run_pass(last, rest, schedule_slices(rest, false), static_cast<const double*>(partials.data()), out);
}

struct Case {
  Shape shape, reduced;
};
std::vector<Case> cases() {
  return {{{7}, {1}},
          {{1}, {1}},
          {{3, 5}, {3, 1}},
          {{3, 5}, {1, 5}},
          {{3, 5}, {1, 1}},
          {{0, 4}, {1, 4}},
          {{2, 3, 4, 5}, {1, 3, 1, 1}},
          {{2, 3, 4, 5}, {2, 1, 4, 1}},
          {{5, 700}, {5, 1}},
          {{700, 5}, {1, 5}},
          {{40000}, {1}},
          {{3000, 33}, {1, 33}},
          {{300, 40}, {300, 1}},
          {{64, 3, 10, 10}, {1, 3, 1, 1}}};
}

TEST(CudaReductions, SumsProductsAndExtremesAgreeWithReference) {
  for (const auto& [shape, reduced] : cases())
    for (const bool swapped : {false, true}) {
      const Tensor plain = wave(shape, 0.3, 0.02, 1, DType::f32);
      const Tensor x = swapped ? transposed(plain) : plain;
      const Tensor out = empty(reduced), expected = empty(reduced);
      const Slices slices = Slices::of(shape, x.strides(), reduced, out.strides());
      SCOPED_TRACE(to_string(shape) + " to " + to_string(reduced) + (swapped ? " transposed" : ""));
      const double n = static_cast<double>(slices.reduced.numel);
      const auto compare = [&](ReduceOp op, auto policy, Combine kind, double tolerance) {
        policy.first = real_start(kind);
        accumulate(slices, static_cast<const float*>(x.raw_data()), out.data<float>(), policy);
        reference().reduce(op, View(expected), ConstView(x), 0);
        test::expect_values(out, values(expected), tolerance);
      };
      using S = Combine;
      using T = Term;
      compare(ReduceOp::sum, Accumulate<S::sum, T::value, float, float>{}, S::sum, 3e-6);
      compare(ReduceOp::mean, Accumulate<S::sum, T::value, float, float>{0, nullptr, Finish::mean, n}, S::sum,
              3e-6);
      compare(ReduceOp::sum_squares, Accumulate<S::sum, T::square, float, float>{}, S::sum, 3e-6);
      compare(ReduceOp::sum_abs, Accumulate<S::sum, T::magnitude, float, float>{}, S::sum, 3e-6);
      compare(ReduceOp::prod, Accumulate<S::product, T::value, float, float>{}, S::product, 3e-6);
      compare(ReduceOp::max, Accumulate<S::max, T::value, float, float>{}, S::max, 0);
      compare(ReduceOp::min, Accumulate<S::min, T::value, float, float>{}, S::min, 0);
    }
}

// As above with the centres that reduce.cu computes in a pass before.
TEST(CudaReductions, VarianceAndLogSumExpFarFromZero) {
  for (const auto& [shape, reduced] : cases()) {
    if (shape.numel() == 0) continue;
    const Tensor x = wave(shape, 0.3, 2, 300, DType::f32);
    const Tensor out = empty(reduced), expected = empty(reduced), wide = empty(reduced, DType::f64);
    const Slices slices = Slices::of(shape, x.strides(), reduced, out.strides());
    const double n = static_cast<double>(slices.reduced.numel);
    SCOPED_TRACE(to_string(shape) + " to " + to_string(reduced));
    const Tensor x64 = empty(shape, DType::f64);
    reference().copy(View(x64), ConstView(x));
    const auto center = [&](ReduceOp op) {  // in the order of the slices
      reference().reduce(op, View(wide), ConstView(x64), 0);
      std::vector<double> numbers(static_cast<size_t>(slices.kept.numel));
      const Offsets<2> kept(slices.kept);
      for (uint32_t i = 0; i < numbers.size(); ++i) {
        int64_t at[2];
        kept.at(i, at);
        numbers[i] = wide.data<double>()[at[1]];
      }
      return numbers;
    };
    const std::vector<double> mean = center(ReduceOp::mean), largest = center(ReduceOp::max);
    const auto* data = static_cast<const float*>(x.raw_data());
    accumulate(slices, data, out.data<float>(),
               Accumulate<Combine::sum, Term::squared_deviation, float, float>{0, mean.data(),
                                                                               Finish::variance, n, 0, true});
    reference().reduce(ReduceOp::var, View(expected), ConstView(x), 0);
    test::expect_values(out, values(expected), 1e-5);
    accumulate(
        slices, data, out.data<float>(),
        Accumulate<Combine::sum, Term::exponential, float, float>{0, largest.data(), Finish::logsumexp});
    reference().reduce(ReduceOp::logsumexp, View(expected), ConstView(x), 0);
    test::expect_values(out, values(expected), 1e-6);
  }
}

TEST(CudaReductions, TheScheduleIsOneOfKThreads) {
  for (const auto& [shape, reduced] : cases()) {
    const Strides strides = contiguous_strides(shape), out = contiguous_strides(reduced);
    const Slices slices = Slices::of(shape, strides, reduced, out);
    for (const bool may_cut : {false, true}) {
      const SliceSchedule s = schedule_slices(slices, may_cut);
      EXPECT_EQ(s.lanes * s.per_block, kThreads);
      EXPECT_EQ(1 << s.lane_bits, s.lanes);
      EXPECT_GE(s.chunk * s.chunks, slices.reduced.numel);
      EXPECT_TRUE(may_cut || s.chunks == 1);
    }
  }
  const Shape one{1 << 20};
  const Strides dense{1};
  EXPECT_GT(schedule_slices(Slices::of(one, dense, {1}, {1}), true).chunks, 100)
      << "one long slice feeds many blocks";
  Slices endless = Slices::of(one, dense, {1}, {1});
  endless.reduced.numel = endless.reduced.extent[0] = int64_t{1} << 34U;
  EXPECT_EQ(schedule_slices(endless, true).lanes, kThreads);
  const Shape rows{1 << 17, 1024}, few_rows{32, 1024};
  const auto lanes_of = [](const Shape& shape) {
    const Strides strides = contiguous_strides(shape), kept{1, 1};
    return schedule_slices(Slices::of(shape, strides, {shape[0], 1}, kept), false).lanes;
  };
  EXPECT_EQ(lanes_of(rows), 64) << "a whole stretch for each lane";
  EXPECT_EQ(lanes_of(few_rows), 256) << "too few to fill a device with that";
}

template <class T>
void expect_arg(const Tensor& x, int axis, ArgReduceOp op) {
  Shape kept = x.shape();
  kept[axis] = 1;
  const Tensor out = empty(kept, DType::i64), expected = empty(kept, DType::i64);
  const Slices slices = Slices::of(x.shape(), x.strides(), kept, out.strides());
  run_pass(BestIndex<T>{op == ArgReduceOp::argmax}, slices, schedule_slices(slices, false),
           static_cast<const T*>(x.raw_data()), out.data<int64_t>());
  reference().arg_reduce(op, View(expected), ConstView(x), axis);
  EXPECT_EQ(values(out), values(expected)) << "axis " << axis << " of " << to_string(x.shape());
}

TEST(CudaReductions, ArgMaxTakesTheFirstOfEqualsAndTheFirstNaN) {
  for (const ArgReduceOp op : {ArgReduceOp::argmax, ArgReduceOp::argmin}) {
    for (const Shape& shape : {Shape{7, 90}, Shape{2000, 3}}) {
      test::Values few(static_cast<size_t>(shape.numel()));
      for (size_t i = 0; i < few.size(); ++i) few[i] = static_cast<double>(i * 7919 % 13);
      for (const int axis : {0, 1}) {
        expect_arg<float>(make(shape, few, DType::f32), axis, op);
        expect_arg<int64_t>(make(shape, few, DType::i64), axis, op);
        expect_arg<float>(transposed(make(shape, few, DType::f32)), axis, op);
      }
      few[20] = few[50] = few[51] = test::kNan;
      for (const int axis : {0, 1}) expect_arg<double>(make(shape, few), axis, op);
    }
  }
}

TEST(CudaSoftmax, ValueAndGradientAgreeWithReference) {
  for (const Shape& shape : {Shape{4, 9}, Shape{3, 700}, Shape{700, 3}, Shape{2, 5, 3}, Shape{1, 1}})
    for (int axis = 0; axis < shape.rank(); ++axis)
      for (const bool log : {false, true}) {
        SCOPED_TRACE(to_string(shape) + " axis " + std::to_string(axis) + (log ? " log" : ""));
        Tensor x = wave(shape, 0.4, 6, 80, DType::f32);
        if (shape[axis] > 1) x.data<float>()[0] = -std::numeric_limits<float>::infinity();
        const Tensor dy = transposed(wave(shape, 1, 1, 0, DType::f32));
        const Tensor y = empty(shape), dx = empty(shape), y_expected = empty(shape),
                     dx_expected = empty(shape);
        const SoftmaxKernel<float> kernel{lines_along<2>(shape, {&y.strides(), &x.strides()}, axis),
                                          y.data<float>(), x.data<float>(), log};
        for (int64_t block = 0; block < blocks_for(kernel.lines.count, kernel.lines.schedule.per_block);
             ++block) {
          std::vector<double> m(kThreads), s(kThreads);
          for (int t = 0; t < kThreads; ++t) m[static_cast<size_t>(t)] = kernel.largest(block, t);
          testing::meet(kernel.lines, m, SoftmaxKernel<float>::larger);
          for (int t = 0; t < kThreads; ++t)
            s[static_cast<size_t>(t)] = kernel.sum(block, t, m[static_cast<size_t>(t)]);
          testing::meet(kernel.lines, s, SoftmaxKernel<float>::add);
          for (int t = 0; t < kThreads; ++t)
            kernel.write(block, t, m[static_cast<size_t>(t)], s[static_cast<size_t>(t)]);
        }
        reference().softmax(View(y_expected), ConstView(x), axis, log);
        test::expect_values(y, values(y_expected), 2e-6);

        using Grad = SoftmaxGradKernel<float>;
        const Grad grad{lines_along<3>(shape, {&dx.strides(), &dy.strides(), &y_expected.strides()}, axis),
                        dx.data<float>(), dy.data<float>(), y_expected.data<float>(), log};
        for (int64_t block = 0; block < blocks_for(grad.lines.count, grad.lines.schedule.per_block);
             ++block) {
          std::vector<Grad::Value> sums(kThreads);
          for (int t = 0; t < kThreads; ++t) sums[static_cast<size_t>(t)] = grad.sums(block, t);
          testing::meet(grad.lines, sums, Grad::add);
          for (int t = 0; t < kThreads; ++t) grad.write(block, t, sums[static_cast<size_t>(t)]);
        }
        reference().softmax_grad(View(dx_expected), ConstView(dy), ConstView(y_expected), axis, log);
        test::expect_values(dx, values(dx_expected), 3e-5);
      }
}

TEST(CudaSoftmax, AMaskedSliceGivesZerosAndNoGradient) {
  const Tensor x = make({1, 3}, {-test::kInf, -test::kInf, -test::kInf}, DType::f32), y = empty({1, 3});
  const SoftmaxKernel<float> kernel{lines_along<2>({1, 3}, {&y.strides(), &x.strides()}, 1), y.data<float>(),
                                    x.data<float>(), false};
  for (int t = 0; t < kThreads; ++t) kernel.write(0, t, -test::kInf, 0);
  EXPECT_EQ(values(y), (test::Values{0, 0, 0}));
}

TEST(CudaCrossEntropy, LossAndGradientAgreeWithReference) {
  for (const Shape& shape : {Shape{5, 3}, Shape{3, 700}, Shape{600, 4}})
    for (const double smoothing : {0.0, 0.2})
      for (const bool weighted : {false, true}) {
        SCOPED_TRACE(to_string(shape) + " smoothing " + std::to_string(smoothing) +
                     (weighted ? " weighted" : ""));
        const int64_t n = shape[0], c = shape[1];
        const Tensor z = wave(shape, 0.4, 6, 80, DType::f32), weight = wave({c}, 1, 0.5, 1, DType::f32);
        const Tensor grad = wave({n}, 2, 1, 0, DType::f32), labels = empty({n}, DType::i64);
        for (int64_t i = 0; i < n; ++i) labels.data<int64_t>()[i] = i == 1 ? -100 : i % c;
        const Tensor loss = empty({n}), loss_expected = empty({n}), lse = empty({n}, DType::f64),
                     lse_expected = empty({n}, DType::f64), dz = empty(shape), dz_expected = empty(shape);
        CrossEntropyArgs args;
        args.logits = ConstView(z), args.labels = ConstView(labels), args.grad = ConstView(grad);
        if (weighted) args.weight = ConstView(weight);
        args.smoothing = smoothing;
        args.loss = View(loss_expected), args.lse = View(lse_expected), args.dlogits = View(dz_expected);
        reference().cross_entropy(args);
        reference().cross_entropy_grad(args);

        const CrossEntropyRows<float> rows{lines_along<1>(shape, {&z.strides()}, 1),
                                           z.data<float>(),
                                           labels.data<int64_t>(),
                                           1,
                                           weighted ? weight.data<float>() : nullptr,
                                           smoothing,
                                           -100};
        using Kernel = CrossEntropyKernel<float>;
        const Kernel kernel{rows, loss.data<float>(), 1, lse.data<double>(), 1};
        const CrossEntropyGradKernel<float> backward{rows, grad.data<float>(), 1, lse.data<double>(),
                                                     1,    dz.data<float>()};
        for (int64_t block = 0; block < blocks_for(n, rows.lines.schedule.per_block); ++block) {
          std::vector<double> m(kThreads), w(kThreads);
          std::vector<Kernel::Value> sums(kThreads);
          for (int t = 0; t < kThreads; ++t) m[static_cast<size_t>(t)] = kernel.largest(block, t);
          testing::meet(rows.lines, m, Kernel::larger);
          for (int t = 0; t < kThreads; ++t)
            sums[static_cast<size_t>(t)] = kernel.sums(block, t, m[static_cast<size_t>(t)]);
          testing::meet(rows.lines, sums, Kernel::add);
          for (int t = 0; t < kThreads; ++t)
            kernel.write(block, t, m[static_cast<size_t>(t)], sums[static_cast<size_t>(t)]);
          for (int t = 0; t < kThreads; ++t) w[static_cast<size_t>(t)] = backward.weights(block, t);
          testing::meet(rows.lines, w, CrossEntropyGradKernel<float>::add);
          for (int t = 0; t < kThreads; ++t) backward.write(block, t, w[static_cast<size_t>(t)]);
        }
        test::expect_values(lse, values(lse_expected), 1e-13);
        test::expect_values(loss, values(loss_expected), 1e-6);
        test::expect_values(dz, values(dz_expected), 1e-6);
      }
}

// scan.cu on the host.
template <class T>
void run_scan(const ScanKernel<T>& kernel) {
  if (!scans_by_block(kernel.count, kernel.length)) {
    for (int64_t line = 0; line < kernel.count; ++line) kernel.whole_line(line);
    return;
  }
  using Acc = typename ScanKernel<T>::Acc;
  for (uint32_t line = 0; line < kernel.count; ++line) {
    int64_t at[2];
    kernel.kept.at(line, at);
    Acc carry = 0;
    std::vector<Acc> sums(kThreads), next(kThreads);
    for (int64_t tile = 0; tile * kThreads < kernel.length; ++tile) {
      for (int t = 0; t < kThreads; ++t) sums[static_cast<size_t>(t)] = kernel.load(at, tile, t);
      for (int distance = 1; distance < kThreads; distance *= 2) {
        for (int t = 0; t < kThreads; ++t)
          next[static_cast<size_t>(t)] = kernel.step(sums.data(), t, distance);
        sums = next;
      }
      for (int t = 0; t < kThreads; ++t) kernel.store(at, tile, t, sums.data(), carry);
      carry = kernel.add(carry, sums.back());
    }
  }
}

TEST(CudaScan, AgreesWithReference) {
  for (const Shape& shape : {Shape{3, 7}, Shape{2, 1000}, Shape{1000, 2}, Shape{5000, 3}})
    for (int axis = 0; axis < 2; ++axis)
      for (const bool exclusive : {false, true})
        for (const bool reverse : {false, true}) {
          SCOPED_TRACE(to_string(shape) + " axis " + std::to_string(axis));
          const Tensor x = wave(shape, 0.4, 1, 0.2, DType::f32), out = empty(shape), expected = empty(shape);
          Shape kept = shape;
          kept[axis] = 1;
          const auto lines = collapse<2>(kept, {&out.strides(), &x.strides()});
          run_scan(ScanKernel<float>{Offsets<2>(lines), out.strides()[axis], x.strides()[axis], lines.numel,
                                     shape[axis], out.data<float>(), x.data<float>(), exclusive, reverse});
          reference().cumsum(View(expected), ConstView(x), axis, exclusive, reverse);
          test::expect_values(out, values(expected), 1e-6);
        }
}

}  // namespace
}  // namespace infograd::cuda
