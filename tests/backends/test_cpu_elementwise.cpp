// Layouts, types, aliasing and thread counts of the CPU backend's own kernels. What the ops mean is tested
// elsewhere.
#include <cstring>
#include <functional>

#include <infograd/core/parallel.h>

#include "tests/backends/helpers.h"

namespace infograd::test {
namespace {

Backend& cpu_backend() {
  return backend_by_name("cpu");
}

ConstView repeated(const Tensor& t, const Shape& shape) {
  return ConstView::broadcast(t, shape);
}
View result(const Tensor& t) {
  return View(t);
}

/// Runs f(backend, out) on both backends; `out` starts with the same values.
void expect_same(const Tensor& out, double tolerance, const std::function<void(Backend&, const View&)>& f) {
  const Values before = values(out);
  f(reference(), result(out));
  const Values expected = values(out);
  assign(out, before);
  f(cpu_backend(), result(out));
  expect_values(values(out), expected, tolerance);
}

TEST(CpuElementwise, BinaryBroadcastsEveryWay) {
  const Shape shape{3, 5, 40};
  for (const DType dtype : {DType::f32, DType::f64, DType::bf16}) {
    const double tolerance = dtype == DType::bf16 ? 1e-2 : 1e-6;
    const Tensor out = wave(shape, 0, 1, 0, dtype), full = wave(shape, 1, 1, 2.5, dtype);
    const std::vector<Tensor> others{
        full,
        transposed(full),
        wave({}, 2, 1, 2.5, dtype),
        wave({40}, 2, 1, 2.5, dtype),
        wave({5, 1}, 2, 1, 2.5, dtype),
        wave({3, 1, 40}, 2, 1, 2.5, dtype),
        wave({3, 1, 1}, 2, 1, 2.5, dtype),
    };
    for (const BinaryOp op : {BinaryOp::add, BinaryOp::sub, BinaryOp::mul, BinaryOp::div, BinaryOp::pow,
                              BinaryOp::maximum, BinaryOp::minimum})
      for (const Tensor& other : others)
        for (const Tensor& target : {out, transposed(out)}) {
          const double alpha = op == BinaryOp::add ? 0.5 : 1;
          expect_same(target, tolerance, [&](Backend& backend, const View& o) {
            backend.binary(op, o, ConstView(full), repeated(other, shape), alpha);
          });
          expect_same(target, tolerance, [&](Backend& backend, const View& o) {
            backend.binary(op, o, repeated(other, shape), ConstView(full), alpha);
          });
        }
  }
}

TEST(CpuElementwise, ComparisonsOfFloatsAndLabels) {
  const Shape shape{7, 33};
  for (const DType dtype : {DType::f32, DType::f64, DType::i64}) {
    const Tensor out = make(shape, Values(231, 0), DType::b8);
    const Tensor a = wave(shape, 0, 3, 0, dtype), b = wave({33}, 0, 3, 0, dtype);
    for (const BinaryOp op :
         {BinaryOp::eq, BinaryOp::ne, BinaryOp::lt, BinaryOp::le, BinaryOp::gt, BinaryOp::ge}) {
      expect_same(out, 0, [&](Backend& backend, const View& o) {
        backend.binary(op, o, ConstView(a), repeated(b, shape), 1);
      });
      expect_same(transposed(out), 0, [&](Backend& backend, const View& o) {
        backend.binary(op, o, repeated(b, shape), ConstView(transposed(a)), 1);
      });
    }
  }
}

TEST(CpuElementwise, UnaryAndItsGradientInAnyLayout) {
  const Shape shape{4, 9, 13};
  for (const DType dtype : {DType::f32, DType::f64, DType::bf16}) {
    const double tolerance = dtype == DType::f32 ? 4e-6 : dtype == DType::f64 ? 1e-13 : 2e-2;
    const Tensor x = wave(shape, 0, 0.8, 1.1, dtype), dy = wave(shape, 3, 1, 0, dtype),
                 out = wave(shape, 0, 1, 0, dtype);
    for (int i = 0; i <= static_cast<int>(UnaryOp::affine); ++i) {
      const auto op = static_cast<UnaryOp>(i);
      SCOPED_TRACE("op " + std::to_string(i) + " " + std::string(name(dtype)));
      const double p = op == UnaryOp::clamp ? 0.7 : 1.5, q = op == UnaryOp::clamp ? 1.5 : 0.25;
      const Tensor y = empty(shape, dtype);
      reference().unary(op, View(y), ConstView(x), p, q);
      for (const Tensor& target : {out, transposed(out)})
        expect_same(target, tolerance,
                    [&](Backend& backend, const View& o) { backend.unary(op, o, ConstView(x), p, q); });
      if (op == UnaryOp::trigamma) continue;  // has no derivative
      for (const Tensor& target : {out, transposed(out)})
        expect_same(target, tolerance, [&](Backend& backend, const View& o) {
          backend.unary_grad(op, o, ConstView(transposed(dy)), ConstView(x), ConstView(y), p, q);
        });
    }
  }
}

TEST(CpuElementwise, InPlace) {
  for (const int64_t n : {1, 3, 17, 1000, 70000}) {
    const Tensor x = wave({n}, 0, 1, 0, DType::f32), y = wave({n}, 0, 1, 0, DType::f32);
    const Tensor expected = empty({n}, DType::f32);
    reference().binary(BinaryOp::mul, View(expected), ConstView(x), ConstView(x), 1);
    cpu_backend().binary(BinaryOp::mul, View(y), ConstView(y), ConstView(y), 1);
    expect_values(values(y), values(expected));
    cpu_backend().unary(UnaryOp::exp, View(x), ConstView(x), 0, 0);
    expect_values(
        values(x),
        [&] {
          Values e = wave_values(n, 0);
          for (double& v : e) v = std::exp(static_cast<double>(static_cast<float>(v)));
          return e;
        }(),
        3e-7);
  }
}

TEST(CpuElementwise, EveryLengthStopsAtItsEnd) {
  for (int64_t n = 0; n < 70; ++n) {
    const Tensor x = wave({n + 1}, 0, 1, 0, DType::f32),
                 y = make({n + 1}, Values(static_cast<size_t>(n + 1), 77), DType::f32);
    const View out(y.raw_data(), DType::f32, Shape{n}, Strides{1});
    const ConstView in(x.raw_data(), DType::f32, Shape{n}, Strides{1});
    cpu_backend().unary(UnaryOp::square, out, in, 0, 0);
    cpu_backend().binary(BinaryOp::add, out, out, in, 1);
    for (int64_t i = 0; i < n; ++i) {
      const float v = x.data<float>()[i];
      EXPECT_EQ(y.data<float>()[i], v * v + v) << n << " " << i;
    }
    EXPECT_EQ(y.data<float>()[n], 77) << n;
  }
}

TEST(CpuElementwise, CopiesBetweenLayoutsAndTypes) {
  const Shape shape{3, 37, 6, 35};
  const Tensor x = wave(shape, 0, 90, 100, DType::f32);
  const Strides channels_last{37 * 6 * 35, 1, 35 * 37, 37};
  for (const DType from : {DType::f32, DType::f64, DType::bf16, DType::i64, DType::u8, DType::b8})
    for (const DType to : {DType::f32, DType::f64, DType::bf16, DType::i64, DType::u8, DType::b8}) {
      const Tensor source = make(shape, values(x), from);
      const Tensor target = make(shape, values(x), to), nhwc = empty_strided(shape, channels_last, to);
      assign(nhwc, values(x));
      for (const Tensor& in : {source, transposed(source)})
        for (const Tensor& out : {target, transposed(target), nhwc})
          expect_same(out, 0, [&](Backend& backend, const View& o) { backend.copy(o, ConstView(in)); });
      expect_same(target, 0, [&](Backend& backend, const View& o) {
        backend.copy(o, repeated(make({35}, wave_values(35, 0, 3), from), shape));
      });
    }
}

TEST(CpuElementwise, WhereAndFill) {
  const Shape shape{6, 50};
  for (const DType dtype : {DType::f32, DType::f64, DType::bf16, DType::i64, DType::u8}) {
    const Tensor a = wave(shape, 0, 5, 6, dtype), b = wave({50}, 1, 5, 6, dtype),
                 out = wave(shape, 0, 1, 2, dtype);
    const Tensor condition = wave(shape, 0.3, 1, 0.5, DType::b8), row = wave({6, 1}, 1, 1, 0.5, DType::b8);
    for (const ConstView& c : {ConstView(condition), repeated(row, shape)})
      for (const Tensor& target : {out, transposed(out)}) {
        expect_same(target, 0, [&](Backend& backend, const View& o) {
          backend.where(o, c, ConstView(a), repeated(b, shape));
        });
        expect_same(target, 0, [&](Backend& backend, const View& o) {
          backend.where(o, c, ConstView(a), repeated(make({}, {3}, dtype), shape));
        });
        expect_same(target, 0, [&](Backend& backend, const View& o) { backend.fill(o, 7); });
      }
  }
}

/// The bytes that f leaves in a fresh output, by one thread and by several.
void expect_thread_independent(const Shape& shape, DType dtype, const std::function<void(const View&)>& f) {
  const int threads = num_threads();
  std::vector<std::vector<double>> results;
  for (const int count : {1, 2, 3}) {
    set_num_threads(count);
    const Tensor out = make(shape, Values(static_cast<size_t>(shape.numel()), 0), dtype);
    f(View(out));
    results.push_back(values(out));
  }
  set_num_threads(threads);
  for (const auto& other : results)
    EXPECT_EQ(std::memcmp(other.data(), results[0].data(), other.size() * sizeof(double)), 0);
}

TEST(CpuThreads, DoNotChangeAnyBit) {
  const Tensor x = wave({300, 700}, 0.2, 1, 0.1, DType::f32), w = wave({700}, 1, 1, 0, DType::f32);
  Backend& b = cpu_backend();
  for (const ReduceOp op : {ReduceOp::sum, ReduceOp::mean, ReduceOp::var, ReduceOp::logsumexp,
                            ReduceOp::sum_squares, ReduceOp::sum_abs, ReduceOp::max, ReduceOp::min})
    for (const Shape& out : {Shape{1, 1}, Shape{300, 1}, Shape{1, 700}}) {
      expect_thread_independent(out, DType::f32, [&](const View& o) { b.reduce(op, o, ConstView(x), 1); });
      expect_thread_independent({out[1], out[0]}, DType::f32, [&](const View& o) {
        const Tensor t = make_view(x, {700, 300}, {1, 700}, 0);
        b.reduce(op, o, ConstView(t), 1);
      });
    }
  const PhiloxKey key{7, 3, 0xFFFFFFF0U};
  for (const RandomKind kind : {RandomKind::uniform, RandomKind::normal, RandomKind::bernoulli})
    expect_thread_independent({300, 701}, DType::f32, [&](const View& o) {
      b.random({.kind = kind, .out = o, .a = 0.25, .b = 1.5, .key = key});
    });
  expect_thread_independent({300, 700}, DType::f32,
                            [&](const View& o) { b.dropout(o, ConstView(x), 0.3, key); });
  expect_thread_independent({300, 700}, DType::f32,
                            [&](const View& o) { b.softmax(o, ConstView(x), 1, false); });
  expect_thread_independent({2, 700}, DType::f32, [&](const View& o) {
    const Tensor y = empty({300, 700}), dx = empty({300, 700}), mean = empty({300}), rstd = empty({300});
    b.layer_norm({.x = ConstView(x),
                  .weight = ConstView(w),
                  .bias = {},
                  .y = View(y),
                  .mean = View(mean),
                  .rstd = View(rstd)});
    const View dweight(o.data, o.dtype, Shape{700}, Strides{1}),
        dbias(o.as<float>() + 700, o.dtype, Shape{700}, Strides{1});
    b.layer_norm_grad({.dy = ConstView(y),
                       .x = ConstView(x),
                       .weight = ConstView(w),
                       .mean = ConstView(mean),
                       .rstd = ConstView(rstd),
                       .dx = View(dx),
                       .dweight = dweight,
                       .dbias = dbias});
  });
}

}  // namespace
}  // namespace infograd::test
