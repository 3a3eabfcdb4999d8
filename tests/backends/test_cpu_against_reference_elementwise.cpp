#include <infograd/backends/scalar_ops.h>

#include "tests/backends/compare.h"

namespace infograd {
namespace {

using namespace test;

// Rank 0 to 4; below, at and above the width of any vector; no element at all; enough for several threads.
const Shape kShapes[] = {{}, {1}, {7}, {0, 3}, {33, 65}, {2, 3, 4, 5}, {2, 17000}};

struct Function {
  const char* name;
  UnaryOp op;
  double p0 = 0, p1 = 0;
  double (*domain)(int64_t) = mixed;
  double units = 8;
};
const Function kFunctions[] = {
    {"neg", UnaryOp::neg},
    {"abs", UnaryOp::abs},
    {"sign", UnaryOp::sign},
    {"sqrt", UnaryOp::sqrt, 0, 0, positive},
    {"rsqrt", UnaryOp::rsqrt, 0, 0, positive},
    {"exp", UnaryOp::exp},
    {"expm1", UnaryOp::expm1},
    {"log", UnaryOp::log, 0, 0, positive},
    {"log1p", UnaryOp::log1p, 0, 0, positive},
    {"sin", UnaryOp::sin},
    {"cos", UnaryOp::cos},
    {"tanh", UnaryOp::tanh},
    {"sigmoid", UnaryOp::sigmoid},
    {"softplus", UnaryOp::softplus},
    {"relu", UnaryOp::relu},
    {"leaky_relu", UnaryOp::leaky_relu, 0.1},
    {"elu", UnaryOp::elu, 1.3},
    {"gelu", UnaryOp::gelu},
    {"gelu_tanh", UnaryOp::gelu_tanh, 0, 0, mixed, 16},  // its cubic argument reaches 35
    {"silu", UnaryOp::silu},
    {"erf", UnaryOp::erf},
    {"floor", UnaryOp::floor},
    {"ceil", UnaryOp::ceil},
    {"round", UnaryOp::round},
    {"square", UnaryOp::square},
    {"reciprocal", UnaryOp::reciprocal, 0, 0, positive},
    {"lgamma", UnaryOp::lgamma, 0, 0, positive},
    {"digamma", UnaryOp::digamma, 0, 0, positive},
    {"trigamma", UnaryOp::trigamma, 0, 0, positive},
    {"clamp", UnaryOp::clamp, -1, 2},
    {"pow", UnaryOp::pow, 2.5, 0, positive},
    {"pow_cube", UnaryOp::pow, 3},
    {"affine", UnaryOp::affine, 1.5, -0.5},
};

class CpuUnary : public testing::TestWithParam<Function> {};
void PrintTo(const Function& f, std::ostream* os) {
  *os << f.name;
}
INSTANTIATE_TEST_SUITE_P(All, CpuUnary, testing::ValuesIn(kFunctions),
                         [](const auto& test) { return test.param.name; });

TEST_P(CpuUnary, EveryTypeAndLayout) {
  const Function& f = GetParam();
  for (const DType dtype : kFloating)
    for (const Shape& shape : kShapes)
      for (const Layout in : kInputLayouts)
        for (const Layout out : kOutputLayouts) {
          if (shape.numel() > 10000 && (out != Layout::contiguous || in == Layout::channels_last)) continue;
          SCOPED_TRACE(std::string(name(dtype)) + to_string(shape) + " " + describe(in) + " to " +
                       describe(out));
          const Tensor x = input(shape, dtype, in, f.domain);
          compare({{shape, dtype, out, rounding(dtype, f.units)}}, [&](Backend& backend, const auto& y) {
            backend.unary(f.op, y[0], ConstView(x), f.p0, f.p1);
          });
        }
}

TEST_P(CpuUnary, GradientOfEveryTypeAndLayout) {
  const Function& f = GetParam();
  const scalar_math::Uses uses = scalar_math::derivative_uses(f.op);
  if (uses == scalar_math::Uses::none) return;
  for (const DType dtype : kFloating)
    for (const Shape& shape : kShapes)
      for (const Layout in : kInputLayouts) {
        SCOPED_TRACE(std::string(name(dtype)) + to_string(shape) + " " + describe(in));
        const Tensor x = input(shape, dtype, in, f.domain),
                     dy = input(shape, dtype, Layout::contiguous, mixed);
        const Placed y(shape, dtype, in);
        reference().unary(f.op, View(y.tensor), ConstView(x), f.p0, f.p1);
        compare(
            {{shape, dtype, in == Layout::sliced ? in : Layout::contiguous, rounding(dtype, 8 * f.units)}},
            [&](Backend& backend, const auto& dx) {
              backend.unary_grad(
                  f.op, dx[0], ConstView(dy), uses == scalar_math::Uses::x ? ConstView(x) : ConstView(),
                  uses == scalar_math::Uses::y ? ConstView(y.tensor) : ConstView(), f.p0, f.p1);
            });
      }
}

TEST_P(CpuUnary, SpecialValuesInEveryLane) {
  const Function& f = GetParam();
  const Values specials{0.0,   -0.0, kInf,  -kInf, kNan,   1e-40, -1e-40, 1e30,
                        -1e30, 88.0, -88.0, 104.0, -104.0, 1.0,   -1.0,   0.5};
  for (const DType dtype : kFloating) {
    SCOPED_TRACE(name(dtype));
    const Tensor x = input({37}, dtype, Layout::contiguous,
                           [&](int64_t i) { return specials[static_cast<size_t>(i) % 16]; });
    const bool periodic = f.op == UnaryOp::sin || f.op == UnaryOp::cos;
    if (periodic) assign(x, Values(37, kNan));  // 1e30 has no accurate sine in f32
    compare({{{37}, dtype, Layout::contiguous, rounding(dtype, 8 * f.units)}},
            [&](Backend& backend, const auto& y) { backend.unary(f.op, y[0], ConstView(x), f.p0, f.p1); });
  }
}

TEST_P(CpuUnary, InPlaceGivesTheSame) {
  const Function& f = GetParam();
  for (const DType dtype : kFloating)
    compare({{{3, 41}, dtype, Layout::sliced, rounding(dtype, f.units), f.domain}},
            [&](Backend& backend, const auto& x) { backend.unary(f.op, x[0], x[0], f.p0, f.p1); });
}

TEST_P(CpuUnary, BitsDoNotDependOnThreads) {
  const Function& f = GetParam();
  const Shape shape{3, 50001};
  const Tensor x = input(shape, DType::f32, Layout::contiguous, f.domain);
  expect_same_on_any_thread_count({{shape, DType::f32}}, [&](Backend& backend, const auto& y) {
    backend.unary(f.op, y[0], ConstView(x), f.p0, f.p1);
  });
}

TEST(CpuUnaryIntegers, AgreeWithReference) {
  for (const DType dtype : {DType::i64, DType::u8})
    for (const UnaryOp op : {UnaryOp::neg, UnaryOp::abs, UnaryOp::sign, UnaryOp::relu, UnaryOp::square,
                             UnaryOp::clamp, UnaryOp::pow, UnaryOp::affine, UnaryOp::floor}) {
      const Tensor x =
          input({5, 9}, dtype, Layout::reversed, [](int64_t i) { return static_cast<double>(i % 11); });
      compare({{{5, 9}, dtype}},
              [&](Backend& backend, const auto& y) { backend.unary(op, y[0], ConstView(x), 2, 7); });
    }
}

TEST(CpuUnaryFlags, AgreeWithReference) {
  const Values specials{0.0, kInf, -kInf, kNan, 1.0};
  for (const DType dtype : kAllTypes)
    for (const UnaryOp op : {UnaryOp::logical_not, UnaryOp::isfinite})
      for (const Layout layout : kInputLayouts) {
        const Tensor x =
            input({9, 37}, dtype, layout, [&](int64_t i) { return specials[static_cast<size_t>(i) % 5]; });
        compare({{{9, 37}, DType::b8}},
                [&](Backend& backend, const auto& y) { backend.unary(op, y[0], ConstView(x), 0, 0); });
      }
}

constexpr BinaryOp kBinary[] = {
    BinaryOp::add, BinaryOp::sub,         BinaryOp::mul,        BinaryOp::div,
    BinaryOp::pow, BinaryOp::maximum,     BinaryOp::minimum,    BinaryOp::eq,
    BinaryOp::ne,  BinaryOp::lt,          BinaryOp::le,         BinaryOp::gt,
    BinaryOp::ge,  BinaryOp::logical_and, BinaryOp::logical_or, BinaryOp::logical_xor};

class CpuBinary : public testing::TestWithParam<BinaryOp> {};
INSTANTIATE_TEST_SUITE_P(All, CpuBinary, testing::ValuesIn(kBinary));

TEST_P(CpuBinary, EveryTypeAndPairOfLayouts) {
  const BinaryOp op = GetParam();
  const bool comparison = scalar_math::is_comparison(op);
  // Few different values, so that equal ones meet; positive where a power or a quotient needs it.
  const auto value = [&](int64_t i) {
    return op == BinaryOp::pow || op == BinaryOp::div ? positive(i) : static_cast<double>(i % 5);
  };
  for (const DType dtype : kAllTypes) {
    if (dtype == DType::b8 && !comparison) continue;
    for (const Shape& shape : kShapes)
      for (const Layout left : kInputLayouts)
        for (const Layout right : kInputLayouts) {
          if (shape.numel() > 10000 && left != Layout::contiguous && right != Layout::contiguous) continue;
          SCOPED_TRACE(std::string(name(dtype)) + to_string(shape) + " " + describe(left) + ", " +
                       describe(right));
          const Tensor a = input(shape, dtype, left,
                                 [&](int64_t i) { return value(i + 1) + (is_floating(dtype) ? 0 : 1); });
          const Tensor b = input(shape, dtype, right,
                                 [&](int64_t i) { return value(i * 3) + (is_floating(dtype) ? 0 : 1); });
          compare({{shape, comparison ? DType::b8 : dtype, Layout::contiguous,
                    comparison ? 0 : rounding(dtype, 8)}},
                  [&](Backend& backend, const auto& y) {
                    backend.binary(op, y[0], ConstView(a), ConstView(b), 2);
                  });
        }
  }
}

TEST_P(CpuBinary, SpecialValuesMeetInEveryLane) {
  const BinaryOp op = GetParam();
  const Values specials{0.0, -0.0, kInf, -kInf, kNan, 1.0, -1.0, 2.5};
  for (const DType dtype : kFloating) {
    const auto special = [&](int64_t i) { return specials[static_cast<size_t>(i) % 8]; };
    const Tensor a = input({8, 9}, dtype, Layout::contiguous, [&](int64_t i) { return special(i / 9); });
    const Tensor b = input({8, 9}, dtype, Layout::contiguous, special);
    compare(
        {{{8, 9}, scalar_math::is_comparison(op) ? DType::b8 : dtype, Layout::contiguous, rounding(dtype)}},
        [&](Backend& backend, const auto& y) { backend.binary(op, y[0], ConstView(a), ConstView(b), 1); });
  }
}

TEST_P(CpuBinary, OutputMayBeAnOperand) {
  const BinaryOp op = GetParam();
  if (scalar_math::is_comparison(op)) return;
  for (const DType dtype : kFloating) {
    const Tensor b = input({5, 37}, dtype, Layout::repeat_first, positive);
    compare({{{5, 37}, dtype, Layout::sliced, rounding(dtype, 8), positive}},
            [&](Backend& backend, const auto& y) { backend.binary(op, y[0], y[0], ConstView(b), -0.5); });
  }
}

TEST(CpuWhere, EveryTypeAndLayout) {
  for (const DType dtype : kAllTypes)
    for (const Shape& shape : kShapes)
      for (const Layout layout : kInputLayouts) {
        SCOPED_TRACE(std::string(name(dtype)) + to_string(shape) + " " + describe(layout));
        const Tensor c =
            input(shape, DType::b8, layout, [](int64_t i) { return static_cast<double>(i % 3 == 0); });
        const Tensor a = input(shape, dtype, Layout::contiguous, positive),
                     b = input(shape, dtype, layout, mixed);
        for (const Layout out : kOutputLayouts)
          compare({{shape, dtype, out}}, [&](Backend& backend, const auto& y) {
            backend.where(y[0], ConstView(c), ConstView(a), ConstView(b));
          });
      }
}

TEST(CpuFill, EveryTypeAndLayout) {
  for (const DType dtype : kAllTypes)
    for (const Shape& shape : kShapes)
      for (const Layout out : kOutputLayouts)
        for (const double value : {0.0, 1.0, 2.6})
          compare({{shape, dtype, out}}, [&](Backend& backend, const auto& y) { backend.fill(y[0], value); });
}

TEST(CpuCopy, BetweenAnyTwoTypesAndLayouts) {
  const auto value = [](int64_t i) { return static_cast<double>((i * 37) % 200) + 0.5; };
  for (const DType from : kAllTypes)
    for (const DType to : kAllTypes)
      for (const Shape& shape : kShapes)
        for (const Layout in : kInputLayouts)
          for (const Layout out : kOutputLayouts) {
            if (shape.numel() > 10000 && (in != Layout::contiguous || out != Layout::contiguous)) continue;
            SCOPED_TRACE(std::string(name(from)) + " to " + std::string(name(to)) + to_string(shape) + " " +
                         describe(in) + " to " + describe(out));
            const Tensor x = input(shape, from, in, value);
            compare({{shape, to, out}},
                    [&](Backend& backend, const auto& y) { backend.copy(y[0], ConstView(x)); });
          }
}

TEST(CpuCopy, SpecialValuesConvertAlike) {
  const Values specials{-2.7, 2.7,   300, -1,     kNan,       1e30, -1e30,
                        kInf, -kInf, 0,   9.3e18, 1.00390625, 3e38, 1e-40};
  for (const DType from : kFloating)
    for (const DType to : kAllTypes) {
      SCOPED_TRACE(std::string(name(from)) + " to " + std::string(name(to)));
      const Tensor x = input({37}, from, Layout::contiguous,
                             [&](int64_t i) { return specials[static_cast<size_t>(i) % 14]; });
      compare({{{37}, to}}, [&](Backend& backend, const auto& y) { backend.copy(y[0], ConstView(x)); });
    }
}

}  // namespace
}  // namespace infograd
