#include "tests/op_cases.h"

#include <algorithm>
#include <cmath>
#include <ostream>
#include <utility>

#include <fmt/core.h>

#include <infograd/autograd/grad_mode.h>
#include <infograd/core/check.h>
#include <infograd/ops/creation.h>
#include <infograd/ops/inplace.h>
#include <infograd/ops/shape_ops.h>

namespace infograd::testing {

namespace {

template <class F>
Input each(F draw) {
  return {.values = [draw](int64_t n, Generator& generator) {
    std::vector<double> values(static_cast<size_t>(n));
    for (double& value : values) value = draw(generator);
    return values;
  }};
}

template <class T>
std::vector<double> as_doubles(const Tensor& x) {
  std::vector<double> out;
  for (T value : x.to_vector<T>()) out.push_back(static_cast<double>(value));
  return out;
}

std::vector<double> as_doubles(const Tensor& x) {
  switch (x.dtype()) {
    case DType::f32:
      return as_doubles<float>(x);
    case DType::f64:
      return as_doubles<double>(x);
    case DType::i64:
      return as_doubles<int64_t>(x);
    case DType::u8:
      return as_doubles<uint8_t>(x);
    case DType::b8:
      return as_doubles<bool>(x);
    case DType::bf16:
      break;
  }
  std::vector<double> out;
  for (bfloat16 value : x.to_vector<bfloat16>())
    out.push_back(static_cast<double>(static_cast<float>(value)));
  return out;
}

}  // namespace

Input normal() {
  return each([](Generator& g) { return g.normal(); });
}
Input uniform(double low, double high) {
  return each([=](Generator& g) { return low + (high - low) * g.uniform(); });
}
Input positive() {
  return uniform(0.5, 2);
}
Input away_from(std::vector<double> kinks) {
  return each([kinks = std::move(kinks)](Generator& g) {
    while (true) {
      const double value = g.normal();
      if (std::all_of(kinks.begin(), kinks.end(), [=](double kink) { return std::abs(value - kink) >= 0.1; }))
        return value;
    }
  });
}
Input distinct() {
  return {.values = [](int64_t n, Generator& generator) {
    std::vector<double> values(static_cast<size_t>(n));
    for (size_t i = 0; i < values.size(); ++i)
      values[i] = 0.25 * (static_cast<double>(i) + 0.5) - 0.125 * static_cast<double>(n);
    for (size_t i = values.size(); i > 1; --i) std::swap(values[i - 1], values[generator.below(i)]);
    return values;
  }};
}
Input integers(int64_t low, int64_t high) {
  return fixed(
      DType::i64, each([=](Generator& g) {
        return static_cast<double>(low + static_cast<int64_t>(g.below(static_cast<uint64_t>(high - low))));
      }));
}
Input mask() {
  return fixed(DType::b8, each([](Generator& g) { return static_cast<double>(g.below(2)); }));
}
Input constant(Input input) {
  input.differentiable = false;
  return input;
}
Input fixed(DType dtype, Input input) {
  input.dtype = dtype;
  return input;
}

std::string name_of(const OpCase& row) {
  return row.variant.empty() ? row.op : row.op + "_" + row.variant;
}
std::ostream& operator<<(std::ostream& stream, const OpCase& row) {
  return stream << name_of(row);
}

std::string to_string(Layout layout) {
  switch (layout) {
    case Layout::contiguous:
      return "contiguous";
    case Layout::transposed:
      return "transposed";
    case Layout::strided:
      return "strided";
    case Layout::expanded:
      break;
  }
  return "expanded";
}

Tensor lay_out(const Tensor& x, Layout layout) {
  Strides strides = contiguous_strides(x.shape());
  int64_t offset = 0;
  if (layout == Layout::contiguous || x.rank() == 0) return x;
  if (layout == Layout::expanded) {
    strides[0] = 0;
    return make_view(x, x.shape(), strides, 0);
  }
  if (layout == Layout::transposed) {
    int64_t step = 1;
    for (int axis = 0; axis < x.rank(); ++axis) {
      strides[axis] = step;
      step *= x.shape()[axis];
    }
  } else {  // every other element of a larger buffer, from the fourth on
    for (int64_t& stride : strides) stride *= 2;
    offset = 3;
  }
  Tensor view = make_view(zeros({2 * x.numel() + 4}, x.dtype(), x.device()), x.shape(), strides, offset);
  return copy_(view, x);
}

std::vector<Tensor> make_inputs(const OpCase& row, const std::vector<Shape>& shapes, DType dtype,
                                Layout layout, uint64_t seed) {
  check<ValueError>(shapes.size() == row.inputs.size(), "{}: {} shapes for {} inputs", name_of(row),
                    shapes.size(), row.inputs.size());
  const NoGrad constant_inputs;
  Generator generator(seed + 1);
  std::vector<Tensor> inputs;
  for (size_t i = 0; i < shapes.size(); ++i) {
    const Input& input = row.inputs[i];
    const std::vector<double> values = input.values(shapes[i].numel(), generator);
    Tensor x = lay_out(from_data(values, shapes[i]).to(input.dtype.value_or(dtype)), layout);
    if (input.differentiable && is_floating(x.dtype()) && row.gradient != Gradient::none)
      x.set_requires_grad();
    inputs.push_back(x);
  }
  return inputs;
}

Tolerance tolerance_of(DType dtype) {
  switch (dtype) {
    case DType::f32:
      return {1e-5, 1e-5};
    case DType::f64:
      return {1e-12, 1e-12};
    case DType::bf16:
      return {1.6e-2, 1e-2};  // two units in the last place
    default:
      return {0, 0};
  }
}

std::string difference(const Tensor& actual, const Tensor& expected, Tolerance tolerance) {
  if (actual.defined() != expected.defined())
    return fmt::format("one is undefined: {} against {}", actual.defined(), expected.defined());
  if (!actual.defined()) return "";
  if (!(actual.shape() == expected.shape()) || actual.dtype() != expected.dtype())
    return fmt::format("{} against {}", describe(actual), describe(expected));
  const std::vector<double> a = as_doubles(actual), b = as_doubles(expected);
  for (size_t i = 0; i < a.size(); ++i) {
    const bool same = a[i] == b[i] || (std::isnan(a[i]) && std::isnan(b[i]));
    if (!same && !(std::abs(a[i] - b[i]) <= tolerance.atol + tolerance.rtol * std::abs(b[i])))
      return fmt::format("element {} of {}: {:.9g} against {:.9g}", i, describe(actual), a[i], b[i]);
  }
  return "";
}

std::vector<std::vector<Shape>> unary_shapes() {
  return {{{3, 4}}, {{}}, {{1}}, {{0, 3}}, {{2, 3, 2, 2}}, {{37}}};
}
std::vector<std::vector<Shape>> binary_shapes() {
  return {{{3, 4}, {3, 4}}, {{3, 4}, {4}}, {{2, 1, 4}, {3, 1}},      {{}, {2, 2}}, {{1}, {1}},
          {{0, 3}, {1, 3}}, {{}, {}},      {{2, 3, 2, 2}, {3, 1, 1}}};
}

const std::vector<OpCase>& op_cases() {
  static const std::vector<OpCase> all = [] {
    std::vector<OpCase> rows;
    for (auto family :
         {creation_cases, elementwise_cases, reduce_cases, shape_cases, index_cases, inplace_cases,
          random_cases, product_cases, linalg_cases, normalization_cases, convolution_cases, histogram_cases})
      for (OpCase& row : family()) rows.push_back(std::move(row));
    return rows;
  }();
  return all;
}

}  // namespace infograd::testing
