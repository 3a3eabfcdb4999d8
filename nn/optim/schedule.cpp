#include <algorithm>
#include <cmath>
#include <numbers>

#include <infograd/core/check.h>
#include <infograd/nn/optim/schedule.h>

namespace infograd::optim {

double Constant::operator()(double base_lr, int64_t) const {
  return base_lr;
}

double StepDecay::operator()(double base_lr, int64_t step) const {
  check<ValueError>(every > 0, "StepDecay: every is {}, expected at least 1", every);
  return base_lr * std::pow(factor, static_cast<double>(step / every));
}

double CosineWarmup::operator()(double base_lr, int64_t step) const {
  check<ValueError>(
      warmup_steps >= 0 && total_steps > warmup_steps,
      "CosineWarmup: {} warm-up steps and {} in total, expected 0 <= warmup_steps < total_steps",
      warmup_steps, total_steps);
  if (step < warmup_steps) return base_lr * static_cast<double>(step + 1) / static_cast<double>(warmup_steps);
  const double progress = std::min(
      1.0, static_cast<double>(step - warmup_steps) / static_cast<double>(total_steps - warmup_steps));
  return min_lr + 0.5 * (base_lr - min_lr) * (1 + std::cos(std::numbers::pi * progress));
}

}  // namespace infograd::optim
