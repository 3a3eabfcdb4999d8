// New tensors. Constants are filled by the backend of the device; lists of values are written on the host and
// moved.
#include <algorithm>
#include <cmath>

#include <infograd/ops/constant.h>
#include <infograd/ops/creation.h>
#include <infograd/ops/support.h>

namespace infograd {

namespace {

void fill_all(Tensor& out, double value) {
  backend_for(out.device()).fill(View(out), value);
}

// A row-major tensor whose element i is f(i), computed on the host.
template <class F>
Tensor generate(const Shape& shape, DType dtype, Device device, F f) {
  Tensor values = empty(shape, DType::f64);
  double* p = values.data<double>();
  for (int64_t i = 0; i < values.numel(); ++i) p[i] = f(i);
  return detail::constant_to(values.to(dtype), device);
}

void check_extents(std::string_view op, const Shape& shape) {
  for (int64_t extent : shape)
    check<ShapeError>(extent >= 0, "{}: shape {} has a negative extent", op, shape);
}

}  // namespace

Tensor full(const Shape& shape, double value, DType dtype, Device device) {
  check_extents("full", shape);
  detail::check_scalar("full", value, dtype);
  Tensor out = empty(shape, dtype, device);
  fill_all(out, value);
  return out;
}
Tensor zeros(const Shape& shape, DType dtype, Device device) {
  return full(shape, 0, dtype, device);
}
Tensor ones(const Shape& shape, DType dtype, Device device) {
  return full(shape, 1, dtype, device);
}
Tensor scalar(double value, DType dtype, Device device) {
  return full({}, value, dtype, device);
}

Tensor empty_like(const Tensor& x) {
  check_defined("empty_like", "x", x);
  return detail::empty_like_layout(x, x.dtype());
}
Tensor full_like(const Tensor& x, double value) {
  check_defined("full_like", "x", x);
  detail::check_scalar("full_like", value, x.dtype());
  Tensor out = detail::empty_like_layout(x, x.dtype());
  fill_all(out, value);
  return out;
}
Tensor zeros_like(const Tensor& x) {
  return full_like(x, 0);
}
Tensor ones_like(const Tensor& x) {
  return full_like(x, 1);
}

Tensor arange(double start, double end, double step, DType dtype, Device device) {
  check<ValueError>(step != 0 && std::isfinite(step) && std::isfinite(start) && std::isfinite(end),
                    "arange: start {}, end {}, step {}: all must be finite and the step not 0", start, end,
                    step);
  detail::check_scalar("arange", start, dtype);
  if (!is_floating(dtype)) detail::check_scalar("arange", std::fabs(step), dtype);
  const auto n = static_cast<int64_t>(std::max(0.0, std::ceil((end - start) / step)));
  if (n > 0) detail::check_scalar("arange", start + static_cast<double>(n - 1) * step, dtype);
  return generate({n}, dtype, device, [&](int64_t i) { return start + static_cast<double>(i) * step; });
}
Tensor arange(int64_t n) {
  check<ValueError>(n >= 0, "arange: n is {}", n);
  Tensor out = empty({n}, DType::i64);
  for (int64_t i = 0, *p = out.data<int64_t>(); i < n; ++i) p[i] = i;
  return out;
}

// The upper half counts from the end, so that both ends are exact.
Tensor linspace(double start, double end, int64_t n, DType dtype, Device device) {
  check<ValueError>(n >= 0, "linspace: n is {}", n);
  check<DTypeError>(is_floating(dtype), "linspace: dtype is {}, expected a floating one", name(dtype));
  const double step = n > 1 ? (end - start) / static_cast<double>(n - 1) : 0;
  return generate({n}, dtype, device, [&](int64_t i) {
    return i < (n + 1) / 2 ? start + static_cast<double>(i) * step
                           : end - static_cast<double>(n - 1 - i) * step;
  });
}

Tensor eye(int64_t n, DType dtype, Device device) {
  check<ValueError>(n >= 0, "eye: n is {}", n);
  Tensor out = zeros({n, n}, dtype, device);
  Tensor diagonal = make_view(out, {n}, {n + 1}, 0);
  fill_all(diagonal, 1);
  return out;
}

template <class T>
Tensor from_data(std::span<const T> values, const Shape& shape) {
  check_extents("from_data", shape);
  check<ShapeError>(static_cast<int64_t>(values.size()) == shape.numel(),
                    "from_data: {} values do not fill shape {}, which has {} elements", values.size(), shape,
                    shape.numel());
  Tensor out = empty(shape, dtype_of_v<T>);
  std::copy(values.begin(), values.end(), out.data<T>());
  return out;
}
template INFOGRAD_API Tensor from_data(std::span<const float>, const Shape&);
template INFOGRAD_API Tensor from_data(std::span<const double>, const Shape&);
template INFOGRAD_API Tensor from_data(std::span<const bfloat16>, const Shape&);
template INFOGRAD_API Tensor from_data(std::span<const int64_t>, const Shape&);
template INFOGRAD_API Tensor from_data(std::span<const uint8_t>, const Shape&);
template INFOGRAD_API Tensor from_data(std::span<const bool>, const Shape&);

Tensor from_data(const std::vector<bool>& values, const Shape& shape) {
  return from_data(std::vector<uint8_t>(values.begin(), values.end()), shape).to(DType::b8);
}

Tensor tensor(std::initializer_list<detail::Number> values, DType dtype) {
  std::vector<double> row;
  for (const detail::Number& number : values) {
    detail::check_scalar("tensor", number.value, dtype);
    row.push_back(number.value);
  }
  return from_data(row, {static_cast<int64_t>(row.size())}).to(dtype);
}
Tensor tensor(std::initializer_list<std::initializer_list<double>> rows, DType dtype) {
  const size_t columns = rows.size() == 0 ? 0 : rows.begin()->size();
  std::vector<double> values;
  for (const auto& row : rows) {
    check<ShapeError>(row.size() == columns,
                      "tensor: a row of {} values follows one of {}; rows must be equally long", row.size(),
                      columns);
    for (double value : row) {
      detail::check_scalar("tensor", value, dtype);
      values.push_back(value);
    }
  }
  return from_data(values, {static_cast<int64_t>(rows.size()), static_cast<int64_t>(columns)}).to(dtype);
}

}  // namespace infograd
