// Every row of op_cases.h in the modes that are tests; the benchmark is tests/bench.
#include <gtest/gtest.h>

#include <infograd/autograd/engine.h>
#include <infograd/autograd/grad_mode.h>
#include <infograd/autograd/gradcheck.h>
#include <infograd/backends/registry.h>
#include <infograd/core/error.h>

#include "tests/op_cases.h"

namespace infograd::testing {
namespace {

class EveryOp : public ::testing::TestWithParam<OpCase> {};

// The value of a row and the gradients of its inputs, computed by one backend.
std::vector<Tensor> results_on(const char* backend, const OpCase& row, const std::vector<Shape>& shapes,
                               DType dtype, Layout layout) {
  const BackendScope scope(backend);
  const std::vector<Tensor> inputs = make_inputs(row, shapes, dtype, layout);
  const Tensor out = row.f(inputs);
  std::vector<Tensor> results = {out.detach()};
  std::vector<Tensor> wanted;
  for (const Tensor& x : inputs)
    if (x.requires_grad()) wanted.push_back(x);
  if (!wanted.empty() && out.requires_grad()) {
    const OpCase seed{.op = row.op, .f = {}, .inputs = {normal()}};
    const Tensor weights = make_inputs(seed, {out.shape()}, out.dtype(), Layout::contiguous, 1)[0].detach();
    for (const Tensor& g : grad(out, wanted, false, false, weights)) results.push_back(g);
  }
  return results;
}

// For each shape: the first one in all layouts, the others row-major.
template <class F>
void for_each_setting(const OpCase& row, F f) {
  for (size_t i = 0; i < row.shapes.size(); ++i)
    for (Layout layout : row.layouts) {
      if (i > 0 && layout != Layout::contiguous) continue;
      std::string shapes;
      for (const Shape& shape : row.shapes[i]) shapes += to_string(shape) + " ";
      SCOPED_TRACE(name_of(row) + " " + to_string(layout) + " on " + shapes);
      f(row.shapes[i], layout);
    }
}

std::vector<Tensor> f64_inputs(const OpCase& row, const std::vector<Shape>& shapes, Layout layout) {
  return make_inputs(row, shapes, DType::f64, layout);
}

TEST_P(EveryOp, AgreesWithReference) {
  const OpCase& row = GetParam();
  for (DType dtype : row.dtypes) {
    SCOPED_TRACE(std::string(name(dtype)));
    for_each_setting(row, [&](const std::vector<Shape>& shapes, Layout layout) {
      const std::vector<Tensor> expected = results_on("reference", row, shapes, dtype, layout);
      const std::vector<Tensor> actual = results_on("cpu", row, shapes, dtype, layout);
      ASSERT_EQ(actual.size(), expected.size());
      for (size_t i = 0; i < actual.size(); ++i) {
        Tolerance tolerance = tolerance_of(dtype);
        tolerance.rtol *= row.tolerance;
        tolerance.atol *= row.tolerance;
        EXPECT_EQ(difference(actual[i], expected[i], tolerance), "")
            << (i == 0 ? "value" : "gradient " + std::to_string(i - 1));
      }
    });
  }
}

TEST_P(EveryOp, FirstDerivative) {
  const OpCase& row = GetParam();
  if (row.gradient == Gradient::none) {
    EXPECT_NE(row.why_not, "") << "a row without gradient says why";
    for (const std::vector<Shape>& shapes : row.shapes) {
      std::vector<Tensor> inputs = make_inputs(row, shapes, row.dtypes[0], Layout::contiguous);
      for (Tensor& x : inputs)
        if (is_floating(x.dtype())) x.set_requires_grad();
      const Tensor out = row.f(inputs);
      if (out.requires_grad()) {
        EXPECT_THROW(out.backward(out.detach()), NotImplemented);
      }
    }
    return;
  }
  GradcheckOptions options;
  options.rtol *= row.gradient_tolerance;
  options.atol *= row.gradient_tolerance;
  for_each_setting(row, [&](const std::vector<Shape>& shapes, Layout layout) {
    const GradcheckReport report = gradcheck(row.f, f64_inputs(row, shapes, layout), options);
    EXPECT_TRUE(report.ok) << report.message;
  });
}

TEST_P(EveryOp, SecondDerivative) {
  const OpCase& row = GetParam();
  if (row.gradient == Gradient::none) return;
  if (row.gradient == Gradient::once) {
    EXPECT_NE(row.why_not, "") << "a row with one derivative says why";
    const std::vector<Tensor> inputs = f64_inputs(row, row.shapes[0], Layout::contiguous);
    const Tensor out = row.f(inputs);
    std::vector<Tensor> wanted;
    for (const Tensor& x : inputs)
      if (x.requires_grad()) wanted.push_back(x);
    EXPECT_THROW(grad(out, wanted, true, false, out.detach()), NotImplemented);
    return;
  }
  GradcheckOptions options{.step = 1e-5, .rtol = 1e-5, .atol = 1e-6};
  options.rtol *= row.gradient_tolerance;
  options.atol *= row.gradient_tolerance;
  for_each_setting(row, [&](const std::vector<Shape>& shapes, Layout layout) {
    const GradcheckReport report = gradgradcheck(row.f, f64_inputs(row, shapes, layout), options);
    EXPECT_TRUE(report.ok) << report.message;
  });
}

INSTANTIATE_TEST_SUITE_P(Ops, EveryOp, ::testing::ValuesIn(op_cases()),
                         [](const ::testing::TestParamInfo<OpCase>& row) { return name_of(row.param); });

}  // namespace
}  // namespace infograd::testing
