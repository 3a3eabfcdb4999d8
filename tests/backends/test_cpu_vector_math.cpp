// The vector functions of the CPU backend against <cmath> one precision up, at whatever INFOGRAD_ISA chooses.
#include <cmath>
#include <string>

#include <infograd/backends/cpu/isa.h>
#include <infograd/backends/scalar_ops.h>

#include "tests/backends/helpers.h"

namespace infograd::test {
namespace {

Backend& cpu_backend() {
  return backend_by_name("cpu");
}

/// The functions of scalar_ops.h in extended precision.
template <class Function>
long double exact(long double x) {
  return Function::template f<long double>(x, 1, 0);
}

struct Accuracy {
  UnaryOp op;
  long double (*exact)(long double);
  const char* name;
  double low, high;
  double f32, f64;  ///< largest error, in units in the last place of the exact result
};
void PrintTo(const Accuracy& a, std::ostream* os) {
  *os << a.name;
}

// Ranges keep clear of results below the smallest normal number, where an ulp is not relative any more.
// gelu of -9 is 1e-18: half an ulp of the argument is 40 ulps of e^(-x^2 / 2).
constexpr Accuracy kAccuracies[] = {
    {UnaryOp::sqrt, exact<scalar_math::Sqrt>, "sqrt", 0, 1e6, 0.5, 0.5},
    {UnaryOp::rsqrt, exact<scalar_math::Rsqrt>, "rsqrt", 1e-6, 1e6, 1.5, 1.5},
    {UnaryOp::reciprocal, exact<scalar_math::Reciprocal>, "reciprocal", 1e-3, 1e3, 0.5, 0.5},
    {UnaryOp::exp, exact<scalar_math::Exp>, "exp", -80, 80, 1.5, 1.5},
    {UnaryOp::expm1, exact<scalar_math::Expm1>, "expm1", -20, 20, 4, 4.5},
    {UnaryOp::log, exact<scalar_math::Log>, "log", 1e-6, 1e6, 1.5, 1.5},
    {UnaryOp::log1p, exact<scalar_math::Log1p>, "log1p", -0.99, 100, 3, 3},
    {UnaryOp::tanh, exact<scalar_math::Tanh>, "tanh", -12, 12, 3.5, 4.5},
    {UnaryOp::sigmoid, exact<scalar_math::Sigmoid>, "sigmoid", -60, 60, 3, 3},
    {UnaryOp::softplus, exact<scalar_math::Softplus>, "softplus", -60, 60, 4, 4},
    {UnaryOp::erf, exact<scalar_math::Erf>, "erf", -7, 7, 3, 4},
    {UnaryOp::gelu, exact<scalar_math::Gelu>, "gelu", -9, 9, 75, 64},
    {UnaryOp::gelu_tanh, exact<scalar_math::GeluTanh>, "gelu_tanh", -5, 9, 56, 48},
    {UnaryOp::silu, exact<scalar_math::Silu>, "silu", -60, 60, 4, 4},
    {UnaryOp::elu, exact<scalar_math::Elu>, "elu", -20, 20, 4.5, 5},
};

template <class T>
double largest_error(const Accuracy& a) {
  constexpr int64_t n = 20011;
  const Tensor x = empty({n}, dtype_of_v<T>), y = empty({n}, dtype_of_v<T>);
  for (int64_t i = 0; i < n; ++i)
    x.data<T>()[i] = static_cast<T>(a.low + (a.high - a.low) * static_cast<double>(i + 1) / (n + 1));
  cpu_backend().unary(a.op, View(y), ConstView(x), 1, 0);
  double worst = 0;
  for (int64_t i = 0; i < n; ++i) {
    const long double want = a.exact(static_cast<long double>(x.data<T>()[i]));
    const T magnitude = std::max(static_cast<T>(std::abs(want)), std::numeric_limits<T>::min());
    const long double ulp =
        static_cast<long double>(std::nextafter(magnitude, std::numeric_limits<T>::infinity())) -
        static_cast<long double>(magnitude);
    worst =
        std::max(worst, static_cast<double>(std::abs(static_cast<long double>(y.data<T>()[i]) - want) / ulp));
  }
  return worst;
}

class CpuVectorMath : public testing::TestWithParam<Accuracy> {};
TEST_P(CpuVectorMath, StaysWithinItsUlps) {
  EXPECT_LE(largest_error<float>(GetParam()), GetParam().f32) << "f32, " << isa_level();
  EXPECT_LE(largest_error<double>(GetParam()), GetParam().f64) << "f64, " << isa_level();
}
INSTANTIATE_TEST_SUITE_P(All, CpuVectorMath, testing::ValuesIn(kAccuracies),
                         [](const auto& instance) { return std::string(instance.param.name); });

/// sin and cos cross zero, where an ulp is tiny: absolute error, in units of the precision.
template <class T>
double largest_absolute_error(UnaryOp op, long double (*exact_of)(long double), double range) {
  constexpr int64_t n = 20011;
  const Tensor x = empty({n}, dtype_of_v<T>), y = empty({n}, dtype_of_v<T>);
  for (int64_t i = 0; i < n; ++i)
    x.data<T>()[i] = static_cast<T>(range * (2.0 * static_cast<double>(i) / n - 1));
  cpu_backend().unary(op, View(y), ConstView(x), 0, 0);
  double worst = 0;
  for (int64_t i = 0; i < n; ++i)
    worst =
        std::max(worst, static_cast<double>(std::abs(static_cast<long double>(y.data<T>()[i]) -
                                                     exact_of(static_cast<long double>(x.data<T>()[i])))));
  return worst / static_cast<double>(std::numeric_limits<T>::epsilon());
}
TEST(CpuVectorMath, SineAndCosineNearAndFar) {
  for (const double range : {3.2, 1000.0, 38000.0, 1e7}) {
    EXPECT_LE(largest_absolute_error<float>(UnaryOp::sin, exact<scalar_math::Sin>, range), 2) << range;
    EXPECT_LE(largest_absolute_error<double>(UnaryOp::sin, exact<scalar_math::Sin>, range), 2) << range;
    EXPECT_LE(largest_absolute_error<float>(UnaryOp::cos, exact<scalar_math::Cos>, range), 2) << range;
    EXPECT_LE(largest_absolute_error<double>(UnaryOp::cos, exact<scalar_math::Cos>, range), 2) << range;
  }
}

TEST(CpuVectorMath, LimitsAreThoseOfCmath) {
  const Values special{kNan, kInf, -kInf, 0, -0.0, 1, -1, 1e30, -1e30, 1e-30, 100, -100, 800, -800};
  const auto n = static_cast<int64_t>(special.size());
  for (const DType dtype : {DType::f32, DType::f64}) {
    const Tensor x = make({n}, special, dtype), y = empty({n}, dtype), expected = empty({n}, dtype);
    for (int op = 0; op <= static_cast<int>(UnaryOp::reciprocal); ++op) {
      SCOPED_TRACE("op " + std::to_string(op) + " " + std::string(name(dtype)));
      cpu_backend().unary(static_cast<UnaryOp>(op), View(y), ConstView(x), 0.5, 0.25);
      reference().unary(static_cast<UnaryOp>(op), View(expected), ConstView(x), 0.5, 0.25);
      expect_values(values(y), values(expected), dtype == DType::f32 ? 1e-6 : 1e-14);
    }
  }
}

TEST(CpuVectorMath, PowersOfEverySignAndSize) {
  const Values base{2, 0.5, 3, -2, -2, 0, 0, kInf, -kInf, kNan, 1, 1e-40, 1e30, 10, 7, 1};
  const Values exponent{10, -3, 0.5, 3, 0.5, 2, -1, -1, 3, 0, kNan, 0.5, 2, -45, 1.0 / 3, kInf};
  const auto n = static_cast<int64_t>(base.size());
  for (const DType dtype : {DType::f32, DType::f64}) {
    const Tensor a = make({n}, base, dtype), b = make({n}, exponent, dtype), y = empty({n}, dtype),
                 expected = empty({n}, dtype);
    cpu_backend().binary(BinaryOp::pow, View(y), ConstView(a), ConstView(b), 1);
    reference().binary(BinaryOp::pow, View(expected), ConstView(a), ConstView(b), 1);
    expect_values(values(y), values(expected), dtype == DType::f32 ? 1e-6 : 1e-14);
  }
  const Tensor x = wave({1000}, 0.1, 0.9, 1.0, DType::f32), y = empty({1000}, DType::f32);
  const Values in = values(x);
  for (const double p : {-1.0, 0.5, 0.3, 1.0, 2.0, 3.0}) {
    cpu_backend().unary(UnaryOp::pow, View(y), ConstView(x), p, 0);
    Values expected;
    for (const double v : in) expected.push_back(std::pow(v, p));
    expect_values(values(y), expected, 3e-7);
  }
}

}  // namespace
}  // namespace infograd::test
