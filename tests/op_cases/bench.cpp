// The benchmark mode of a row: what is run, under which name, and how much data passes through it.
#include <algorithm>
#include <utility>

#include <infograd/autograd/engine.h>
#include <infograd/autograd/grad_mode.h>
#include <infograd/core/check.h>
#include <infograd/ops/creation.h>

#include "tests/op_cases.h"

namespace infograd::testing {

namespace {

const std::vector<Shape>& bench_shapes(const OpCase& row) {
  return row.bench.empty() ? row.shapes.at(0) : row.bench;
}

bool has_f32(const OpCase& row) {
  return std::find(row.dtypes.begin(), row.dtypes.end(), DType::f32) != row.dtypes.end();
}

// "1024x1024,1024", "scalar" for rank 0, "fixed" for a row without arguments.
std::string shape_names(const std::vector<Shape>& shapes) {
  std::string text;
  for (const Shape& shape : shapes) {
    if (!text.empty()) text += ',';
    if (shape.rank() == 0) text += "scalar";
    for (int axis = 0; axis < shape.rank(); ++axis)
      text += (axis > 0 ? "x" : "") + std::to_string(shape[axis]);
  }
  return text.empty() ? "fixed" : text;
}

double bytes_of(const Tensor& x) {
  return static_cast<double>(x.numel()) * static_cast<double>(item_size(x.dtype()));
}

// Every argument read once and the result written once; 0 for a view, which moves nothing.
double traffic(const std::vector<Tensor>& inputs, const Tensor& out) {
  double bytes = bytes_of(out);
  for (const Tensor& x : inputs) {
    if (x.impl().storage.get() == out.impl().storage.get()) return 0;
    bytes += bytes_of(x);
  }
  return bytes;
}

// Of a matrix product or convolution, else 0: multiplications and additions per element of the result.
double arithmetic(const OpCase& row, const std::vector<Tensor>& inputs, const Tensor& out) {
  const double elements = static_cast<double>(out.numel());
  if (row.op == "matmul" || row.op == "linear") return 2 * elements * static_cast<double>(inputs[0].size(-1));
  if (row.op == "conv2d")
    return 2 * elements * static_cast<double>(inputs[1].numel() / std::max<int64_t>(1, inputs[1].size(0)));
  return 0;
}

}  // namespace

std::string bench_name(const OpCase& row, Pass pass) {
  return "op/" + name_of(row) + "/" + shape_names(bench_shapes(row)) +
         (pass == Pass::forward ? "/forward" : "/forward_backward");
}

std::vector<Pass> bench_passes(const OpCase& row) {
  if (row.gradient == Gradient::none) return {Pass::forward};
  return {Pass::forward, Pass::forward_backward};
}

BenchStep bench_step(const OpCase& row) {
  const DType dtype = has_f32(row) ? DType::f32 : row.dtypes.at(0);
  const std::vector<Tensor> inputs = make_inputs(row, bench_shapes(row), dtype, Layout::contiguous);
  std::vector<Tensor> wanted;
  for (const Tensor& x : inputs)
    if (x.requires_grad()) wanted.push_back(x);
  const Tensor out = row.f(inputs);
  check<ValueError>(row.gradient == Gradient::none || out.requires_grad(),
                    "{}: the row claims a gradient that its result does not have", name_of(row));
  BenchStep step{.run = [f = row.f, inputs, wanted, seed = ones(out.shape(), out.dtype())](Pass pass) {
    if (pass == Pass::forward_backward) {
      grad(f(inputs), wanted, false, false, seed);
      return;
    }
    const NoGrad inference;
    f(inputs);
  }};
  step.flops = arithmetic(row, inputs, out);
  if (!row.bench.empty() && step.flops == 0) step.bytes = traffic(inputs, out);
  return step;
}

}  // namespace infograd::testing
