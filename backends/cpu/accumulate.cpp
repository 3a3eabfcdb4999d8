#include <infograd/backends/cpu/accumulate.h>
#include <infograd/backends/cpu/highway.h>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "infograd/backends/cpu/accumulate.cpp"
#include <hwy/foreach_target.h>

#include <infograd/backends/cpu/reduce-inl.h>

HWY_BEFORE_NAMESPACE();
namespace infograd::HWY_NAMESPACE {
namespace {

template <class F>
HWY_INLINE auto with_operation(Accumulation kind, F f) {
  switch (kind) {
    case Accumulation::sum:
      return f(SumOf{});
    case Accumulation::sum_squares:
      return f(SumOfSquares{});
    case Accumulation::sum_abs:
      return f(SumOfAbs{});
    case Accumulation::squared_deviations:
      return f(SumOfSquaredDeviations{});
    case Accumulation::sum_exp:
      return f(SumOfExp{});
    case Accumulation::product:
      return f(Product{});
    case Accumulation::max:
      return f(Largest{});
    default:
      return f(Smallest{});
  }
}
double accumulate_f32(Accumulation kind, const float* x, int64_t n, double center) {
  return with_operation(
      kind, [&](auto op) HWY_ATTR { return segment<decltype(op)>(x, n, static_cast<float>(center)); });
}
double accumulate_f64(Accumulation kind, const double* x, int64_t n, double center) {
  return with_operation(kind, [&](auto op) HWY_ATTR { return segment<decltype(op)>(x, n, center); });
}
void accumulate_rows_f32(Accumulation kind, float* acc, const float* x, int64_t rows, int64_t stride,
                         int64_t n, const float* center) {
  with_operation(kind, [&](auto op) HWY_ATTR { columns<decltype(op)>(acc, x, rows, stride, n, center); });
}
void accumulate_rows_f64(Accumulation kind, double* acc, const double* x, int64_t rows, int64_t stride,
                         int64_t n, const double* center) {
  with_operation(kind, [&](auto op) HWY_ATTR { columns<decltype(op)>(acc, x, rows, stride, n, center); });
}

}  // namespace
}  // namespace infograd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace infograd {
namespace {
HWY_EXPORT(accumulate_f32);
HWY_EXPORT(accumulate_f64);
HWY_EXPORT(accumulate_rows_f32);
HWY_EXPORT(accumulate_rows_f64);
}  // namespace

double accumulation_start(Accumulation kind) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  switch (kind) {
    case Accumulation::product:
      return 1;
    case Accumulation::max:
      return -kInfinity;
    case Accumulation::min:
      return kInfinity;
    default:
      return 0;
  }
}
double combine(Accumulation kind, double a, double b) {
  switch (kind) {
    case Accumulation::product:
      return a * b;
    case Accumulation::max:
      return a > b || a != a ? a : b;
    case Accumulation::min:
      return a < b || a != a ? a : b;
    default:
      return a + b;
  }
}
double accumulate(Accumulation kind, const float* x, int64_t n, double center) {
  return HWY_DYNAMIC_DISPATCH(accumulate_f32)(kind, x, n, center);
}
double accumulate(Accumulation kind, const double* x, int64_t n, double center) {
  return HWY_DYNAMIC_DISPATCH(accumulate_f64)(kind, x, n, center);
}
void accumulate_rows(Accumulation kind, float* acc, const float* x, int64_t rows, int64_t stride, int64_t n,
                     const float* center) {
  HWY_DYNAMIC_DISPATCH(accumulate_rows_f32)(kind, acc, x, rows, stride, n, center);
}
void accumulate_rows(Accumulation kind, double* acc, const double* x, int64_t rows, int64_t stride, int64_t n,
                     const double* center) {
  HWY_DYNAMIC_DISPATCH(accumulate_rows_f64)(kind, acc, x, rows, stride, n, center);
}

}  // namespace infograd
#endif  // HWY_ONCE
