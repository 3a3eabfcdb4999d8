// One row per exported loss: a worked example, inputs for the derivative checks, and inputs that break naive
// code. A guard test fails for a loss without a row.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <infograd/core/tensor.h>
#include <infograd/losses/report.h>

namespace infograd::testing {

using Inputs = std::vector<Tensor>;

struct LossCase {
  std::string function;  ///< the exported name; several rows may share it
  std::string variant;   ///< tells them apart
  std::function<Tensor(const Inputs&, losses::Estimate*)> loss;

  Inputs golden;                               ///< f64
  double value = 0;                            ///< of the loss at `golden`
  std::vector<std::vector<double>> gradients;  ///< of the loss per input; an empty list is not compared

  Inputs random;  ///< f64, for gradcheck
  bool gradcheck =
      true;  ///< false: the declared gradient is not that of the value (SMILE); its own test says what it is
  bool second_order = true;  ///< gradgradcheck
  bool has_report = true;
  std::vector<Inputs> extremes;  ///< f64: value and gradient must be finite in f64 and f32
};

std::vector<LossCase> loss_cases();
/// "info_nce_rows": a test name.
std::string name_of(const LossCase& row);

}  // namespace infograd::testing
