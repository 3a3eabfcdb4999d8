// The kernels of all_pairs.cu run on the host, strip by strip, against the reference backend.
#include <gtest/gtest.h>

#include <infograd/backends/cuda/all_pairs_body.h>

#include "tests/backends/helpers.h"
#include "tests/cuda/emulate.h"

namespace infograd::cuda {
namespace {

using infograd::test::reference;
using infograd::test::values;
using infograd::test::wave;

/// As all_pairs.cu; T is f32 or f64, products by the reference.
template <class T>
class HostPairs {
 public:
  explicit HostPairs(const AllPairsArgs& args)
      : args_(args), k_(args.out.shape[1]), rows_(strip_rows(k_, args.tile)) {
    strip_.resize(static_cast<size_t>(rows_ * k_));
  }

  void lse() {
    std::vector<Sums> columns(static_cast<size_t>(k_));
    const int64_t* const labels = args_.labels.as<int64_t>();
    T* const out = args_.out.as<T>();
    for_each_strip([&](int64_t first, int64_t n) {
      const T* const s = scores(first, n);
      testing::run_cut(PairSums<T, T>{labels, first, 0, nullptr}, PairSums<Sums, T>{nullptr, 0, 0, nullptr},
                       Slices::of({n, k_}, {k_, 1}, {n, 1}, {1, 1}), s, out + first);
      const Slices of_columns = Slices::of({n, k_}, {k_, 1}, {1, k_}, {k_, 1});
      const Sums* const before = first > 0 ? columns.data() : nullptr;
      if (first + n < k_)
        testing::run_cut(PairSums<T, Sums>{labels, 0, first, before},
                         PairSums<Sums, Sums>{nullptr, 0, 0, before}, of_columns, s, columns.data());
      else
        testing::run_cut(PairSums<T, T>{labels, 0, first, before}, PairSums<Sums, T>{nullptr, 0, 0, before},
                         of_columns, s, out + k_);
      for (int64_t i = 0; i < n; ++i) out[2 * k_ + first + i] = s[i * k_ + first + i];
    });
  }

  void grad() {
    T* const dense = args_.dscores.as<T>();
    for_each_strip([&](int64_t first, int64_t n) {
      const T* const s = scores(first, n);
      T* const g = dense != nullptr ? dense + first * k_ : strip_.data();
      const PairSlope<T, T, T> kernel{
          s, g, k_, k_, args_.out.as<T>(), args_.grad.as<T>(), args_.labels.as<int64_t>(), first, k_};
      for (int64_t block = 0; block < n * kernel.blocks_per_row(); ++block)
        for (int t = 0; t < kThreads; ++t) kernel.run(block, t);
      if (dense != nullptr) return;
      const int64_t d = args_.u.shape[1];
      reference().gemm({.out = rows_of(args_.du, first, n),
                        .a = matrix(g, n, k_, k_),
                        .b = args_.v,
                        .bias = {},
                        .alpha = args_.scale});
      reference().gemm({.out = args_.dv,
                        .a = ConstView(g, dtype_of_v<T>, {k_, n}, {1, k_}),
                        .b = matrix(args_.u.as<T>() + first * d, n, d, d),
                        .bias = {},
                        .alpha = args_.scale,
                        .beta = first > 0 ? 1.0 : 0.0});
    });
  }

 private:
  using Sums = LogSum<double>;

  static ConstView matrix(const T* data, int64_t rows, int64_t columns, int64_t step) {
    return {data, dtype_of_v<T>, {rows, columns}, {step, 1}};
  }
  static View rows_of(const View& v, int64_t first, int64_t n) {
    return {v.as<T>() + first * v.shape[1], v.dtype, {n, v.shape[1]}, v.strides};
  }
  template <class F>
  void for_each_strip(F&& f) {
    for (int64_t first = 0; first < k_; first += rows_) f(first, std::min(rows_, k_ - first));
  }
  const T* scores(int64_t first, int64_t n) {
    if (args_.scores) return args_.scores.as<T>() + first * k_;
    const int64_t d = args_.u.shape[1];
    reference().gemm({.out = View(strip_.data(), dtype_of_v<T>, {n, k_}, {k_, 1}),
                      .a = matrix(args_.u.as<T>() + first * d, n, d, d),
                      .b = ConstView(args_.v.data, dtype_of_v<T>, {d, k_}, {1, d}),
                      .bias = {},
                      .alpha = args_.scale});
    return strip_.data();
  }

  const AllPairsArgs& args_;
  int64_t k_, rows_;
  std::vector<T> strip_;
};

struct Case {
  DType dtype;
  int64_t k, tile;
  double scale;
  bool labels;
};
std::vector<Case> cases() {
  std::vector<Case> list;
  for (const DType dtype : {DType::f32, DType::f64})
    for (const auto& [k, tile] : {std::pair<int64_t, int64_t>{1, 0}, {7, 0}, {7, 3}, {60, 16}, {150, 0}})
      for (const double scale : {1.0, 40.0})
        for (const bool labels : {false, true}) list.push_back({dtype, k, tile, scale, labels});
  return list;
}

/// u, v or scores in `args`; what the bodies compute, and what the reference does.
void expect_same(AllPairsArgs args, const Case& test) {
  const int64_t k = test.k, d = args.u ? args.u.shape[1] : 0;
  const double tolerance = test.dtype == DType::f64 ? 1e-12 : 1e-5;
  const Tensor labels = empty({k}, DType::i64), grad = wave({3, k}, 2, 1, 0, test.dtype);
  for (int64_t i = 0; i < k; ++i) labels.data<int64_t>()[i] = i % 3;
  if (test.labels) args.labels = ConstView(labels);
  args.tile = test.tile, args.scale = test.scale, args.grad = ConstView(grad);
  Tensor out[2], du[2], dv[2], ds[2];
  for (const int which : {0, 1}) {
    out[which] = empty({3, k}, test.dtype);
    args.out = View(out[which]);
    if (d > 0) {
      du[which] = empty({k, d}, test.dtype), dv[which] = empty({k, d}, test.dtype);
      args.du = View(du[which]), args.dv = View(dv[which]);
    } else {
      ds[which] = empty({k, k}, test.dtype);
      args.dscores = View(ds[which]);
    }
    if (which == 0) {
      reference().all_pairs_lse(args);
      reference().all_pairs_lse_grad(args);
    } else {
      const auto run = [&](auto zero) {
        HostPairs<decltype(zero)> pairs(args);
        pairs.lse();
        pairs.grad();
      };
      if (test.dtype == DType::f64)
        run(double{});
      else
        run(float{});
    }
  }
  test::expect_values(out[1], values(out[0]), tolerance);
  if (d > 0) {
    test::expect_values(du[1], values(du[0]), tolerance * test.scale);
    test::expect_values(dv[1], values(dv[0]), tolerance * test.scale);
  } else {
    test::expect_values(ds[1], values(ds[0]), tolerance);
  }
}

TEST(CudaAllPairs, FromVectors) {
  for (const Case& test : cases()) {
    SCOPED_TRACE(std::string(name(test.dtype)) + " k " + std::to_string(test.k) + " tile " +
                 std::to_string(test.tile) + (test.labels ? " labels" : ""));
    const Tensor u = wave({test.k, 5}, 0.3, 0.6, 0, test.dtype),
                 v = wave({test.k, 5}, 1.1, 0.6, 0, test.dtype);
    AllPairsArgs args;
    args.u = ConstView(u), args.v = ConstView(v);
    expect_same(args, test);
  }
}

TEST(CudaAllPairs, FromScoresWithMaskedPairs) {
  for (const Case& test : cases()) {
    SCOPED_TRACE(std::string(name(test.dtype)) + " k " + std::to_string(test.k));
    test::Values numbers = test::wave_values(test.k * test.k, 0.3, test.scale);
    for (size_t i = 1; i < numbers.size(); i += 4) numbers[i] = -test::kInf;
    const Tensor scores = test::make({test.k, test.k}, numbers, test.dtype);
    AllPairsArgs args;
    args.scores = ConstView(scores);
    expect_same(args, test);
  }
}

TEST(CudaAllPairs, StripsAreBoundedWhateverTheNumberOfPairs) {
  for (const int64_t k : {1, 100, 4096, 16384, 65536, 1 << 20}) {
    const int64_t rows = strip_rows(k, 0);
    EXPECT_GE(rows, std::min<int64_t>(k, 128));
    EXPECT_LE(rows * k, std::max<int64_t>(1 << 23, 128 * k));
  }
  EXPECT_EQ(strip_rows(16384, 0), 512);
  EXPECT_EQ(strip_rows(100, 32), 32);
}

}  // namespace
}  // namespace infograd::cuda
