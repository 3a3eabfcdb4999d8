// Reductions: for every element of `out`, walk the slice of x that it stands for, in row-major order.
#include <algorithm>
#include <cmath>
#include <limits>

#include <infograd/backends/reference/elements.h>
#include <infograd/backends/reference/integers.h>
#include <infograd/backends/reference/reference_backend.h>
#include <infograd/backends/scalar_ops.h>

namespace infograd {

using namespace reference;

namespace {

/// The part of x that one output element stands for: extent 1 on the kept axes.
Shape slice_shape(const Shape& x, const Shape& out) {
  Shape slice = x;
  for (int axis = 0; axis < x.rank(); ++axis)
    if (out[axis] == x[axis]) slice[axis] = 1;
  return slice;
}

/// `each` calls its argument with every element of a slice, `count` says how many there are. Sums run in long
/// double: that of many f64 numbers is then better than what it judges.
template <class Each>
double reduce_real(ReduceOp op, int64_t count, double correction, const Each& each) {
  const double n = static_cast<double>(count), infinity = std::numeric_limits<double>::infinity();
  const auto sum = [&](auto term) {
    long double total = 0;
    each([&](double v) { total += term(v); });
    return static_cast<double>(total);
  };
  double result = 0;
  switch (op) {
    case ReduceOp::sum:
      return sum([](double v) { return v; });
    case ReduceOp::mean:
      return sum([](double v) { return v; }) / n;
    case ReduceOp::sum_squares:
      return sum([](double v) { return v * v; });
    case ReduceOp::sum_abs:
      return sum([](double v) { return std::abs(v); });
    case ReduceOp::var: {
      const double mean = sum([](double v) { return v; }) / n;
      return sum([&](double v) { return (v - mean) * (v - mean); }) / std::max(0.0, n - correction);
    }
    case ReduceOp::prod:
      result = 1;
      each([&](double v) { result *= v; });
      return result;
    case ReduceOp::max:
      result = -infinity;
      each([&](double v) { result = scalar_math::Maximum::f(result, v, 0.0); });
      return result;
    case ReduceOp::min:
      result = infinity;
      each([&](double v) { result = scalar_math::Minimum::f(result, v, 0.0); });
      return result;
    case ReduceOp::logsumexp: {
      const double largest = reduce_real(ReduceOp::max, count, 0, each);
      if (std::isinf(largest)) return largest;  // all -inf, or a +inf: the sum below would give NaN
      return largest + std::log(sum([&](double v) { return std::exp(v - largest); }));
    }
    case ReduceOp::any:
    case ReduceOp::all:
      break;
  }
  throw_dtype("reduction any or all", DType::f32);
}

template <class Each>
int64_t reduce_whole(ReduceOp op, DType dtype, const Each& each) {
  int64_t result = 0;
  switch (op) {
    case ReduceOp::sum:
      each([&](int64_t v) { result = wrapping_add(result, v); });
      return result;
    case ReduceOp::sum_squares:
      each([&](int64_t v) { result = wrapping_add(result, wrapping_mul(v, v)); });
      return result;
    case ReduceOp::sum_abs:
      each([&](int64_t v) { result = wrapping_add(result, v < 0 ? wrapping_mul(v, -1) : v); });
      return result;
    case ReduceOp::prod:
      result = 1;
      each([&](int64_t v) { result = wrapping_mul(result, v); });
      return result;
    case ReduceOp::max:  // empty: the smallest value of the type
      result = dtype == DType::i64 ? std::numeric_limits<int64_t>::min() : 0;
      each([&](int64_t v) { result = std::max(result, v); });
      return result;
    case ReduceOp::min:
      result = dtype == DType::i64 ? std::numeric_limits<int64_t>::max() : dtype == DType::u8 ? 255 : 1;
      each([&](int64_t v) { result = std::min(result, v); });
      return result;
    case ReduceOp::any:
      each([&](int64_t v) { result |= static_cast<int64_t>(v != 0); });
      return result;
    case ReduceOp::all:
      result = 1;
      each([&](int64_t v) { result &= static_cast<int64_t>(v != 0); });
      return result;
    default:
      throw_dtype("this reduction", dtype);
  }
}

}  // namespace

void ReferenceBackend::reduce(ReduceOp op, View out, ConstView x, double param) {
  const Shape slice = slice_shape(x.shape, out.shape);
  visit_dtype(x.dtype, [&](auto zero) {
    using T = decltype(zero);
    const Elements<T> in(x);
    for_each<2>(out.shape, {out.strides, x.strides}, [&](int64_t o, int64_t start) {
      const auto each = [&](auto f) {
        for_each<1>(slice, {x.strides}, [&](int64_t i) { f(in.at(start + i)); });
      };
      Wide<T> result{};
      if constexpr (is_floating_v<T>)
        result = reduce_real(op, slice.numel(), param, each);
      else
        result = reduce_whole(op, x.dtype, each);
      // Of x's type, or i64 for sums of u8 and b8.
      visit_dtype(out.dtype, [&](auto out_zero) {
        using Out = decltype(out_zero);
        out.as<Out>()[o] = convert<Out>(result);
      });
    });
  });
}

void ReferenceBackend::arg_reduce(ArgReduceOp op, View out, ConstView x, int axis) {
  visit_dtype(x.dtype, [&](auto zero) {
    using T = decltype(zero);
    const Elements<T> in(x);
    const Elements<int64_t> result(out);
    for_each<2>(out.shape, {out.strides, x.strides}, [&](int64_t o, int64_t start) {
      int64_t best = 0;
      for (int64_t i = 1; i < x.shape[axis]; ++i) {
        const auto held = in.at(start + best * x.strides[axis]),
                   candidate = in.at(start + i * x.strides[axis]);
        if (held != held) break;  // the first NaN wins
        const bool better = op == ArgReduceOp::argmax ? candidate > held : candidate < held;
        if (better || candidate != candidate) best = i;  // strict: the first of equals stays
      }
      result.set_at(o, best);
    });
  });
}

void ReferenceBackend::cumsum(View out, ConstView x, int axis, bool exclusive, bool reverse) {
  const int64_t n = x.shape[axis];
  visit_dtype(x.dtype, [&](auto zero) {
    using T = decltype(zero);
    const Elements<T> in(x), result(out);
    for_each<2>(without(x.shape, axis), {without(out.strides, axis), without(x.strides, axis)},
                [&](int64_t o, int64_t start) {
                  Wide<T> sum = 0;
                  for (int64_t step = 0; step < n; ++step) {
                    const int64_t i = reverse ? n - 1 - step : step;
                    const Wide<T> value = in.at(start + i * x.strides[axis]);
                    const Wide<T> before = sum;
                    if constexpr (is_floating_v<T>)
                      sum += value;
                    else
                      sum = wrapping_add(sum, value);
                    result.set_at(o + i * out.strides[axis], exclusive ? before : sum);
                  }
                });
  });
}

}  // namespace infograd
