// Every row of loss_cases.h: worked example, both derivatives, bounds, extreme inputs. And no loss without a
// row.
#include <algorithm>
#include <cctype>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>

#include <gtest/gtest.h>
#include <tests/loss_cases.h>

#include <infograd/autograd/engine.h>
#include <infograd/autograd/gradcheck.h>
#include <infograd/core/error.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/reduce.h>

namespace infograd::testing {
namespace {

Inputs as(const Inputs& inputs, DType dtype) {
  Inputs out;
  for (const Tensor& x : inputs) {
    Tensor leaf = x.to(dtype).clone();
    out.push_back(leaf.set_requires_grad());
  }
  return out;
}

bool finite(const Tensor& x) {
  return all(isfinite(x)).item() != 0;
}

void expect_worked_example(const LossCase& row, DType dtype, double value_tolerance, double tolerance) {
  const Inputs in = as(row.golden, dtype);
  const Tensor loss = row.loss(in, nullptr);
  EXPECT_EQ(loss.dtype(), dtype);
  EXPECT_NEAR(loss.item(), row.value, value_tolerance);
  const std::vector<Tensor> gradients = grad(loss, in);
  for (size_t i = 0; i < row.gradients.size(); ++i) {
    if (row.gradients[i].empty()) continue;
    const std::vector<double> got = gradients[i].to(DType::f64).to_vector<double>();
    ASSERT_EQ(got.size(), row.gradients[i].size());
    for (size_t j = 0; j < got.size(); ++j) EXPECT_NEAR(got[j], row.gradients[i][j], tolerance) << j;
  }
}

class LossRow : public ::testing::TestWithParam<LossCase> {};

TEST_P(LossRow, WorkedExample) {
  expect_worked_example(GetParam(), DType::f64, 1e-9, 1e-7);
  expect_worked_example(GetParam(), DType::f32, 1e-5, 1e-5);
}

TEST_P(LossRow, Derivatives) {
  const LossCase& row = GetParam();
  if (!row.gradcheck) return;  // compared bit by bit with its surrogate in test_identities.cpp
  const Inputs in = as(row.random, DType::f64);
  const auto f = [&](const Inputs& x) { return row.loss(x, nullptr); };
  const GradcheckReport first = gradcheck(f, in);
  EXPECT_TRUE(first.ok) << first.message;
  if (row.second_order) {
    const GradcheckReport second = gradgradcheck(f, in);
    EXPECT_TRUE(second.ok) << second.message;
  } else {
    EXPECT_THROW(grad(f(in), in, /*create_graph=*/true), Error);
  }
}

TEST_P(LossRow, ReportIsConsistent) {
  const LossCase& row = GetParam();
  if (!row.has_report) return;
  losses::Estimate estimate;
  const Inputs in = as(row.random, DType::f64);
  EXPECT_EQ(row.loss(in, &estimate).item(), row.loss(in, nullptr).item()) << "a report changes nothing";
  EXPECT_TRUE(std::isfinite(estimate.nats));
  EXPECT_LE(estimate.nats, estimate.cap);
  EXPECT_GT(estimate.std_error, 0);
  EXPECT_GT(estimate.n_pos, 0);
  EXPECT_GT(estimate.n_neg, 0);
}

TEST_P(LossRow, ExtremeInputsStayFinite) {
  const LossCase& row = GetParam();
  ASSERT_FALSE(row.extremes.empty());
  for (size_t i = 0; i < row.extremes.size(); ++i) {
    for (const DType dtype : {DType::f32, DType::f64}) {
      const Inputs in = as(row.extremes[i], dtype);
      losses::Estimate estimate;
      const Tensor loss = row.loss(in, &estimate);
      EXPECT_TRUE(finite(loss)) << "input " << i << " " << name(dtype) << ": " << loss.item();
      for (const Tensor& g : grad(loss, in)) EXPECT_TRUE(finite(g)) << "input " << i << " " << name(dtype);
      EXPECT_TRUE(std::isfinite(estimate.nats)) << "input " << i << " " << name(dtype);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, LossRow, ::testing::ValuesIn(loss_cases()),
                         [](const auto& test) { return name_of(test.param); });

/// Functions of the loss headers that return a Tensor and are no losses.
const std::set<std::string> kHelpers{
    "guarded_exp",  "normalize_rows",      "all_pairs_lse",    "milc_pointwise_mi",
    "ssge_score",   "ssge_score_at",       "kernel_gradients", "gaussian",
    "mean_product", "random_projection",   "gs_rows",          "gs_cols",
    "polar",        "participation_ratio", "npi_reconstruct",  "npi_denoise"};

TEST(LossGuard, EveryExportedLossHasARow) {
  std::set<std::string> rows;
  for (const LossCase& row : loss_cases()) rows.insert(row.function);
  const std::filesystem::path root = std::filesystem::path(INFOGRAD_SOURCE_DIR) / "losses";
  const std::regex declaration(R"(INFOGRAD_API (?:Tensor|MigeResult) (\w+)\()");
  std::set<std::string> found;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    // Headers right in losses/ hold critics, scores and negatives.
    if (entry.path().extension() != ".h" || entry.path().parent_path() == root) continue;
    std::ifstream file(entry.path());
    const std::string text((std::istreambuf_iterator<char>(file)), {});
    for (std::sregex_iterator it(text.begin(), text.end(), declaration), end; it != end; ++it)
      if (!kHelpers.contains((*it)[1])) found.insert((*it)[1]);
  }
  EXPECT_EQ(found, rows);
}

}  // namespace
}  // namespace infograd::testing
