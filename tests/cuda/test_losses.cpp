// The worked example of every loss on a device against the reference backend: value, estimate and gradients.
// (losses/test_loss_devices.cpp runs the same rows on the host in disguise.)
#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include <infograd/autograd/engine.h>
#include <infograd/backends/registry.h>
#include <infograd/core/error.h>

#include "tests/cuda/need_cuda.h"
#include "tests/loss_cases.h"

namespace infograd::testing {
namespace {

using Results = std::vector<std::vector<double>>;

/// Loss, reported estimate, gradients, as numbers on the host. Throws DTypeError for a loss that does not
/// take the type.
Results results_on(Device device, DType dtype, const LossCase& row) {
  Inputs in;
  for (const Tensor& x : row.golden)
    in.push_back(x.detach().to(dtype).to(device).clone().set_requires_grad());
  losses::Estimate estimate;
  const Tensor loss = row.loss(in, row.has_report ? &estimate : nullptr);
  Results results = {{loss.item()}, {estimate.nats}};
  for (const Tensor& g : grad(loss, in))
    results.push_back(g.defined() ? g.to(cpu).to(DType::f64).to_vector<double>() : std::vector<double>());
  return results;
}

Results by_reference(DType dtype, const LossCase& row) {
  const BackendScope scope("reference");
  return results_on(cpu, dtype, row);
}

/// Of the largest number of a result: a loss is a chain of some twenty ops, each rounded to its type.
double allowed(DType dtype) {
  return dtype == DType::f64 ? 1e-10 : dtype == DType::f32 ? 5e-5 : 5e-2;
}

void expect_near(const Results& actual, const Results& expected, double tolerance) {
  ASSERT_EQ(actual.size(), expected.size());
  for (size_t k = 0; k < expected.size(); ++k) {
    ASSERT_EQ(actual[k].size(), expected[k].size());
    double largest = 1e-3;
    for (const double value : expected[k])
      if (std::isfinite(value)) largest = std::max(largest, std::abs(value));
    for (size_t i = 0; i < expected[k].size(); ++i) {
      const double a = actual[k][i], e = expected[k][i];
      EXPECT_TRUE(a == e || (std::isnan(a) && std::isnan(e)) || std::abs(a - e) <= tolerance * largest)
          << (k == 0   ? "value"
              : k == 1 ? "estimate"
                       : "gradient " + std::to_string(k - 2))
          << "[" << i << "]: " << a << " where the reference has " << e;
    }
  }
}

class EveryLoss : public ::testing::TestWithParam<LossCase> {};

void compare_with_reference(Device device, const LossCase& row) {
  for (const DType dtype : {DType::f64, DType::f32, DType::bf16}) {
    SCOPED_TRACE(std::string(name(dtype)));
    Results expected;
    try {
      expected = by_reference(dtype, row);
    } catch (const DTypeError&) {
      EXPECT_NE(dtype, DType::f64);
      EXPECT_THROW(results_on(device, dtype, row), DTypeError);
      continue;
    }
    expect_near(results_on(device, dtype, row), expected, allowed(dtype));
  }
}

TEST_P(EveryLoss, OnDeviceAgreesWithReference) {
  NEED_CUDA();
  try {
    compare_with_reference(Device::cuda(), GetParam());
  } catch (const NotImplemented& error) {
    SKIP_OR_FAIL(std::string("not on cuda yet: ") + error.what());
  }
}

// That the tolerance is one that two good implementations meet.
TEST_P(EveryLoss, OnTheHostAgreesWithReference) {
  compare_with_reference(cpu, GetParam());
}

INSTANTIATE_TEST_SUITE_P(Losses, EveryLoss, ::testing::ValuesIn(loss_cases()),
                         [](const auto& test) { return name_of(test.param); });

}  // namespace
}  // namespace infograd::testing
