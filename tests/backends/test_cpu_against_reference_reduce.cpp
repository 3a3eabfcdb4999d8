#include "tests/backends/compare.h"

namespace infograd {
namespace {

using namespace test;

/// `shape` with extent 1 on the axes whose bit is set.
Shape kept(Shape shape, unsigned mask) {
  for (int axis = 0; axis < shape.rank(); ++axis)
    if ((mask >> axis & 1U) != 0) shape[axis] = 1;
  return shape;
}

const Shape kShapes[] = {{},       {1},        {5},          {0, 3},    {3, 0},   {1, 9},
                         {33, 65}, {4, 3, 17}, {2, 3, 4, 5}, {5, 7001}, {7001, 5}};
constexpr ReduceOp kReal[] = {ReduceOp::sum,       ReduceOp::mean,        ReduceOp::var,
                              ReduceOp::prod,      ReduceOp::max,         ReduceOp::min,
                              ReduceOp::logsumexp, ReduceOp::sum_squares, ReduceOp::sum_abs};

/// A sum may be off by a few roundings of the sum of sizes, a product by one rounding per factor, a maximum
/// not at all.
double tolerance(ReduceOp op, const Tensor& x, const Shape& out) {
  const double n = static_cast<double>(x.numel()) / std::max(1.0, static_cast<double>(out.numel()));
  switch (op) {
    case ReduceOp::max:
    case ReduceOp::min:
      return 0;
    case ReduceOp::prod:
      return rounding(x.dtype(), 8 + n);
    case ReduceOp::sum: {
      const Tensor sizes = empty(out, DType::f64), wide = empty(x.shape(), DType::f64);
      reference().copy(View(wide), ConstView(x));
      reference().reduce(ReduceOp::sum_abs, View(sizes), ConstView(wide), 0);
      const Values all = values(sizes);
      return rounding(x.dtype(), 8 + 4 * (all.empty() ? 0 : *std::max_element(all.begin(), all.end())));
    }
    default:
      return rounding(x.dtype(), 32);
  }
}

class CpuReduce : public testing::TestWithParam<ReduceOp> {};
INSTANTIATE_TEST_SUITE_P(All, CpuReduce, testing::ValuesIn(kReal));

TEST_P(CpuReduce, EveryTypeLayoutAndSetOfAxes) {
  const ReduceOp op = GetParam();
  // Near 1, so that products of twenty thousand stay finite; both signs elsewhere.
  const auto value = [&](int64_t i) { return op == ReduceOp::prod ? 1 + 1e-5 * mixed(i) : mixed(i); };
  for (const DType dtype : kFloating)
    for (const Shape& shape : kShapes)
      for (const Layout layout : kInputLayouts)
        for (unsigned mask = 0; mask < 1U << shape.rank(); ++mask) {
          SCOPED_TRACE(std::string(name(dtype)) + to_string(shape) + " " + describe(layout) + " axes " +
                       std::to_string(mask));
          const Tensor x = input(shape, dtype, layout, value);
          const Shape out = kept(shape, mask);
          compare({{out, dtype, Layout::contiguous, tolerance(op, x, out)}},
                  [&](Backend& backend, const auto& y) { backend.reduce(op, y[0], ConstView(x), 1); });
        }
}

TEST_P(CpuReduce, SpecialValuesAnywhereInTheSlice) {
  const ReduceOp op = GetParam();
  for (const DType dtype : kFloating)
    for (const double special : {kNan, kInf, -kInf})
      for (const int64_t at : {0, 1, 15, 16, 40, 66}) {
        SCOPED_TRACE(std::string(name(dtype)) + " " + std::to_string(special) + " at " + std::to_string(at));
        for (const bool everywhere : {false, true}) {
          const auto value = [&](int64_t i) { return everywhere || i % 67 == at ? special : 1.0; };
          const Tensor rows = input({3, 67}, dtype, Layout::contiguous, value);
          const Tensor columns = make_view(rows, {67, 3}, {1, 67}, rows.impl().offset);
          compare({{{3, 1}, dtype, Layout::contiguous, rounding(dtype, 8)}},
                  [&](Backend& backend, const auto& y) { backend.reduce(op, y[0], ConstView(rows), 0); });
          compare({{{1, 3}, dtype, Layout::contiguous, rounding(dtype, 8)}},
                  [&](Backend& backend, const auto& y) { backend.reduce(op, y[0], ConstView(columns), 0); });
        }
      }
}

TEST_P(CpuReduce, BitsDoNotDependOnThreads) {
  const ReduceOp op = GetParam();
  for (const DType dtype : {DType::f32, DType::f64})
    for (const unsigned mask : {1U, 2U, 3U}) {
      const Tensor x = input({301, 501}, dtype, Layout::contiguous, mixed);
      expect_same_on_any_thread_count({{kept(x.shape(), mask), dtype}}, [&](Backend& backend, const auto& y) {
        backend.reduce(op, y[0], ConstView(x), 1);
      });
    }
}

TEST(CpuReduceWhole, IntegersAndFlagsAreExact) {
  const auto value = [](int64_t i) { return static_cast<double>((i * 7) % 3); };
  for (const Shape& shape : kShapes)
    for (const Layout layout : kInputLayouts)
      for (unsigned mask = 0; mask < 1U << shape.rank(); ++mask) {
        const Shape out = kept(shape, mask);
        for (const DType dtype : {DType::i64, DType::u8}) {
          const Tensor x = input(shape, dtype, layout, value);
          for (const ReduceOp op :
               {ReduceOp::sum, ReduceOp::prod, ReduceOp::max, ReduceOp::min, ReduceOp::sum_abs})
            compare({{out, dtype}},
                    [&](Backend& backend, const auto& y) { backend.reduce(op, y[0], ConstView(x), 0); });
        }
        const Tensor flags = input(shape, DType::b8, layout, value);
        for (const ReduceOp op : {ReduceOp::any, ReduceOp::all})
          compare({{out, DType::b8}},
                  [&](Backend& backend, const auto& y) { backend.reduce(op, y[0], ConstView(flags), 0); });
        compare({{out, DType::i64}}, [&](Backend& backend, const auto& y) {
          backend.reduce(ReduceOp::sum, y[0], ConstView(flags), 0);
        });
      }
}

TEST(CpuArgReduce, EveryTypeLayoutAndAxis) {
  for (const DType dtype : kAllTypes)
    for (const Shape& shape : kShapes) {
      if (shape.numel() == 0) continue;  // no index to give: the op refuses
      for (const Layout layout : kInputLayouts)
        for (int axis = 0; axis < shape.rank(); ++axis) {
          SCOPED_TRACE(std::string(name(dtype)) + to_string(shape) + " " + describe(layout) + " axis " +
                       std::to_string(axis));
          const Tensor x =
              input(shape, dtype, layout, [](int64_t i) { return static_cast<double>((i * 13) % 9); });
          for (const ArgReduceOp op : {ArgReduceOp::argmax, ArgReduceOp::argmin})
            compare({{kept(shape, 1U << axis), DType::i64}}, [&](Backend& backend, const auto& y) {
              backend.arg_reduce(op, y[0], ConstView(x), axis);
            });
        }
    }
}

TEST(CpuArgReduce, TheFirstNanWins) {
  for (const DType dtype : kFloating)
    for (const int64_t first : {0, 5, 40}) {
      const Tensor x = input({2, 67}, dtype, Layout::contiguous,
                             [&](int64_t i) { return i % 67 >= first && i % 2 == 0 ? kNan : mixed(i); });
      for (const ArgReduceOp op : {ArgReduceOp::argmax, ArgReduceOp::argmin})
        compare({{{2, 1}, DType::i64}},
                [&](Backend& backend, const auto& y) { backend.arg_reduce(op, y[0], ConstView(x), 1); });
    }
}

TEST(CpuCumsum, EveryTypeLayoutAndAxis) {
  for (const DType dtype : {DType::f32, DType::f64, DType::bf16, DType::i64})
    for (const Shape& shape : {Shape{7}, Shape{0, 3}, Shape{33, 65}, Shape{2, 3, 4, 5}})
      for (const Layout layout : kInputLayouts)
        for (int axis = 0; axis < shape.rank(); ++axis)
          for (const int mode : {0, 1, 2, 3}) {
            SCOPED_TRACE(std::string(name(dtype)) + to_string(shape) + " " + describe(layout) + " axis " +
                         std::to_string(axis));
            const Tensor x = input(shape, dtype, layout, mixed);
            compare({{shape, dtype, Layout::contiguous, rounding(dtype, 64)}},
                    [&](Backend& backend, const auto& y) {
                      backend.cumsum(y[0], ConstView(x), axis, (mode & 1) != 0, (mode & 2) != 0);
                    });
          }
}

TEST(CpuTopk, EveryTypeLayoutAndAxisWithTiesAndNan) {
  for (const DType dtype : {DType::f32, DType::f64, DType::bf16, DType::i64})
    for (const Shape& shape : {Shape{7}, Shape{33, 65}, Shape{2, 3, 4, 5}})
      for (const Layout layout : kInputLayouts)
        for (int axis = 0; axis < shape.rank(); ++axis)
          for (const bool largest : {true, false})
            for (const int64_t k : {int64_t{1}, shape[axis] / 2 + 1, shape[axis]}) {
              SCOPED_TRACE(std::string(name(dtype)) + to_string(shape) + " " + describe(layout) + " axis " +
                           std::to_string(axis));
              const Tensor x = input(shape, dtype, layout, [](int64_t i) {
                return i % 17 == 5 ? kNan : static_cast<double>(i % 7);
              });
              Shape out = shape;
              out[axis] = k;
              compare({{out, dtype}, {out, DType::i64}}, [&](Backend& backend, const auto& y) {
                backend.topk(y[0], y[1], ConstView(x), axis, largest);
              });
            }
}

TEST(CpuSoftmax, EveryTypeLayoutAndAxis) {
  for (const DType dtype : kFloating)
    for (const Shape& shape :
         {Shape{1}, Shape{7}, Shape{0, 3}, Shape{3, 0}, Shape{33, 65}, Shape{2, 3, 4, 5}, Shape{300, 200}})
      for (const Layout layout : kInputLayouts)
        for (int axis = 0; axis < shape.rank(); ++axis)
          for (const bool log : {false, true}) {
            SCOPED_TRACE(std::string(name(dtype)) + to_string(shape) + " " + describe(layout) + " axis " +
                         std::to_string(axis));
            const Tensor x = input(shape, dtype, layout, [](int64_t i) { return 4 * mixed(i); });
            const Tensor dy = input(shape, dtype, Layout::contiguous, mixed);
            const Placed y(shape, dtype, layout == Layout::sliced ? layout : Layout::contiguous);
            compare(
                {{shape, dtype, Layout::contiguous, rounding(dtype, 16)}},
                [&](Backend& backend, const auto& out) { backend.softmax(out[0], ConstView(x), axis, log); });
            reference().softmax(View(y.tensor), ConstView(x), axis, log);
            compare({{shape, dtype, Layout::contiguous,
                      rounding(dtype, 64 + 2 * static_cast<double>(shape[axis]))}},
                    [&](Backend& backend, const auto& dx) {
                      backend.softmax_grad(dx[0], ConstView(dy), ConstView(y.tensor), axis, log);
                    });
          }
}

TEST(CpuSoftmax, MasksInfinitiesAndNan) {
  for (const DType dtype : kFloating)
    for (const int kind : {0, 1, 2, 3})
      for (const bool log : {false, true})
        for (const int axis : {0, 1}) {
          SCOPED_TRACE(std::string(name(dtype)) + " kind " + std::to_string(kind) + (log ? " log" : ""));
          const auto value = [&](int64_t i) {
            const bool chosen = i % 5 == 0;
            return kind == 0 ? -kInf : !chosen ? mixed(i) : kind == 1 ? -kInf : kind == 2 ? kNan : 1e4;
          };
          const Tensor x = input({35, 35}, dtype, Layout::contiguous, value),
                       dy = input({35, 35}, dtype, Layout::contiguous, mixed);
          compare({{{35, 35}, dtype, Layout::contiguous, rounding(dtype, 16)}},
                  [&](Backend& backend, const auto& y) { backend.softmax(y[0], ConstView(x), axis, log); });
          const Placed y({35, 35}, dtype, Layout::contiguous);
          reference().softmax(View(y.tensor), ConstView(x), axis, log);
          compare({{{35, 35}, dtype, Layout::contiguous, rounding(dtype, 64)}},
                  [&](Backend& backend, const auto& dx) {
                    backend.softmax_grad(dx[0], ConstView(dy), ConstView(y.tensor), axis, log);
                  });
        }
}

TEST(CpuSoftmax, BitsDoNotDependOnThreads) {
  const Tensor x = input({401, 257}, DType::f32, Layout::contiguous, mixed);
  for (const int axis : {0, 1})
    expect_same_on_any_thread_count({{x.shape(), DType::f32}, {x.shape(), DType::f32}},
                                    [&](Backend& backend, const auto& y) {
                                      backend.softmax(y[0], ConstView(x), axis, false);
                                      backend.softmax_grad(y[1], ConstView(x), y[0], axis, false);
                                    });
}

}  // namespace
}  // namespace infograd
