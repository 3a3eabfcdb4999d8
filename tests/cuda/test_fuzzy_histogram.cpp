// The kernels of fuzzy_histogram.cu run on the host, warp by warp, against the reference backend.
#include <gtest/gtest.h>

#include <infograd/backends/cuda/fuzzy_body.h>

#include "tests/backends/helpers.h"
#include "tests/cuda/emulate.h"

namespace infograd::cuda {
namespace {

using infograd::test::reference;
using infograd::test::values;
using infograd::test::wave;

template <class T>
void run_histogram(const FuzzyHistogramArgs& args) {
  using Schedule = FuzzySchedule;
  const FuzzyPairs<T> pairs(args);
  const Schedule schedule(pairs.rows, pairs.pixels, pairs.entries());
  std::vector<double> tables(static_cast<size_t>(pairs.rows * schedule.chunks * pairs.entries()), -1);
  auto* const bad = args.first_bad.as<int64_t>();
  std::fill_n(bad, 3, std::numeric_limits<int64_t>::max());
  const FuzzyHistogramKernel<T> kernel(pairs, schedule, tables.data(), bad);
  const auto note = [&](int argument, int64_t i) { bad[argument] = std::min(bad[argument], i); };
  for (int64_t block = 0; block < pairs.rows * schedule.chunks; ++block)
    for (int part = 0; part < schedule.slabs; ++part) {
      std::vector<double> slabs(static_cast<size_t>(Schedule::kWarps * schedule.slab));
      const int begin = part * schedule.slab;
      for (int warp = 0; warp < Schedule::kWarps; ++warp) {
        const auto stretch = kernel.stretch(block, warp);
        for (int64_t m = stretch.begin; m < stretch.end; ++m) {
          const LocatedPair pair = kernel.load(stretch.row, m, note);
          if (!(pair.weight > 0)) continue;
          for (int c = 0; c < kernel.cells; ++c)
            kernel.add(slabs.data() + warp * schedule.slab, begin, pair, kernel.cell(c));
        }
      }
      for (int t = 0; t < Schedule::kBlock; ++t) kernel.write(block, begin, t, slabs.data());
    }
  const FuzzyFinish finish{
      tables.data(),           pairs.rows, schedule.chunks, pairs.entries(), args.out.as<double>(),
      args.total.as<double>(), bad};
  for (int64_t i = 0; i < pairs.rows * pairs.entries(); ++i) finish.run(i);
}

template <class T>
void run_grad(const FuzzyHistogramArgs& args) {
  const FuzzyGradKernel<T> kernel{FuzzyPairs<T>(args), args.grad.as<double>(), args.total.as<double>(),
                                  args.dx.as<T>(), args.dy.as<T>()};
  for (int64_t block = 0; block < kernel.pairs.rows * kernel.blocks_per_row(); ++block)
    for (int t = 0; t < kThreads; ++t) kernel.run(block, t);
}

struct Results {
  Tensor out, total, first_bad, dx, dy;
};
template <class Forward, class Backward>
Results results_of(FuzzyHistogramArgs args, const Tensor& grad, Forward&& forward, Backward&& backward) {
  const int64_t rows = args.x.shape[0], n = args.bins.count;
  Results r{empty({rows, n * n + 2 * n}, DType::f64), empty({rows}, DType::f64), empty({3}, DType::i64),
            empty(args.x.shape, args.x.dtype), empty(args.x.shape, args.x.dtype)};
  args.out = View(r.out), args.total = View(r.total), args.first_bad = View(r.first_bad);
  forward(args);
  args.grad = ConstView(grad), args.dx = View(r.dx), args.dy = View(r.dy);
  backward(args);
  return r;
}

void expect_same(const FuzzyHistogramArgs& args) {
  const int64_t n = args.bins.count;
  const Tensor grad = wave({args.x.shape[0], n * n + 2 * n}, 0.9);
  const bool wide = args.x.dtype == DType::f64;
  const Results expected = results_of(
      args, grad, [](const auto& a) { reference().fuzzy_histogram(a); },
      [](const auto& a) { reference().fuzzy_histogram_grad(a); });
  const Results actual = results_of(
      args, grad, [&](const auto& a) { wide ? run_histogram<double>(a) : run_histogram<float>(a); },
      [&](const auto& a) { wide ? run_grad<double>(a) : run_grad<float>(a); });
  test::expect_values(actual.first_bad, values(expected.first_bad));
  if (values(expected.first_bad) != test::Values{-1, -1, -1}) return;  // the table means nothing
  test::expect_values(actual.total, values(expected.total), 1e-12);
  test::expect_values(actual.out, values(expected.out), 1e-12);
  const double tolerance = wide ? 1e-11 : 1e-6;
  test::expect_values(actual.dx, values(expected.dx), tolerance);
  test::expect_values(actual.dy, values(expected.dy), tolerance);
}

TEST(CudaFuzzyHistogram, EveryMembershipAndNorm) {
  for (const DType dtype : {DType::f32, DType::f64})
    for (const Membership membership : {Membership::triangular, Membership::triangular_cell,
                                        Membership::gaussian, Membership::cubic_bspline, Membership::crisp})
      for (const TNorm tnorm : {TNorm::product, TNorm::minimum})
        for (const bool crisp_y : {false, true})
          for (const bool weighted : {false, true}) {
            SCOPED_TRACE("membership " + std::to_string(static_cast<int>(membership)));
            const Shape shape{3, 333};
            const Tensor x = wave(shape, 0.3, 0.7, 0.5, dtype), y = wave(shape, 2.3, 0.6, 0.4, dtype);
            Tensor w = wave(shape, 1, 1, 0.9, dtype);
            test::Values clipped = values(w);
            for (double& value : clipped) value = std::max(0.0, value);
            w = test::make(shape, clipped, dtype);
            FuzzyHistogramArgs args;
            args.x = ConstView(x), args.y = ConstView(y);
            if (weighted) args.weight = ConstView(w);
            args.bins = {.membership = membership, .count = 9};
            args.tnorm = tnorm, args.crisp_y = crisp_y;
            expect_same(args);
          }
}

TEST(CudaFuzzyHistogram, EndsKinksAndEmptyRows) {
  const Shape shape{2, 8};
  const Tensor x = test::make(shape, {0, 1, 0.5, 0.1, -3, 7, 0.2, 0.9, 0, 1, 0.5, 0.1, -3, 7, 0.2, 0.9});
  const Tensor y = test::make(shape, {1, 0, 0.5, 1, 2, -1, 0.3, 0.35, 1, 0, 0.5, 1, 2, -1, 0.3, 0.35});
  test::Values weights(16, 1);
  std::fill(weights.begin() + 8, weights.end(), 0);
  const Tensor w = test::make(shape, weights);
  for (const Membership membership : {Membership::triangular, Membership::triangular_cell,
                                      Membership::gaussian, Membership::cubic_bspline, Membership::crisp}) {
    FuzzyHistogramArgs args;
    args.x = ConstView(x), args.y = ConstView(y), args.weight = ConstView(w);
    args.bins = {.membership = membership, .count = 11};
    expect_same(args);
  }
}

TEST(CudaFuzzyHistogram, ManyChunksAndTablesInSlabs) {
  for (const int bins : {11, 40, 64}) {
    const Shape shape{2, 20000};
    const Tensor x = wave(shape, 0.3, 0.5, 0.5, DType::f32), y = wave(shape, 2.3, 0.5, 0.5, DType::f32);
    FuzzyHistogramArgs args;
    args.x = ConstView(x), args.y = ConstView(y);
    args.bins.count = bins;
    const FuzzySchedule schedule(2, 20000, bins * bins + 2 * bins + 1);
    EXPECT_GT(schedule.chunks, 1);
    EXPECT_EQ(schedule.slabs > 1, bins > 33);
    expect_same(args);
  }
}

TEST(CudaFuzzyHistogram, TheFirstWrongElementIsNamed) {
  const Shape shape{2, 700};
  Tensor x = wave(shape, 0.3, 0.5, 0.5, DType::f32), y = wave(shape, 2.3, 0.5, 0.5, DType::f32);
  Tensor w = test::make(shape, test::Values(1400, 1), DType::f32);
  x.data<float>()[900] = x.data<float>()[650] = NAN;
  w.data<float>()[1399] = INFINITY, w.data<float>()[800] = -1;
  FuzzyHistogramArgs args;
  args.x = ConstView(x), args.y = ConstView(y), args.weight = ConstView(w);
  expect_same(args);
}

// Every pixel belongs to exactly one warp of one chunk, and memory is bounded.
TEST(CudaFuzzyHistogram, SchedulesCoverEveryRow) {
  for (const int64_t rows : {1, 16, 5000})
    for (const int64_t pixels : {1, 31, 128, 4096, 512 * 512})
      for (const int bins : {2, 11, 256}) {
        const int entries = bins * bins + 2 * bins + 1;
        const FuzzySchedule s(rows, pixels, entries);
        const int64_t per_block = s.stretch * FuzzySchedule::kWarps;
        EXPECT_GE(s.chunks * per_block, pixels);
        EXPECT_LT((s.chunks - 1) * per_block, pixels);
        EXPECT_GE(int64_t{s.slabs} * s.slab, entries);
        EXPECT_LE(rows * s.chunks * entries, std::max<int64_t>(rows * entries, 1 << 22));
      }
  EXPECT_EQ(FuzzySchedule(16, 512 * 512, 144).chunks, 64);
}

}  // namespace
}  // namespace infograd::cuda
