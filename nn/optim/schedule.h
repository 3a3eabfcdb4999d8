// Learning-rate schedules: functions of the base rate and the update number, for Optimizer::set_schedule.
#pragma once

#include <cstdint>

#include <infograd/core/export.h>

namespace infograd::optim {

/// The base rate throughout.
struct INFOGRAD_API Constant {
  double operator()(double base_lr, int64_t step) const;
};

/// Multiplied by `factor` after every `every` updates.
struct INFOGRAD_API StepDecay {
  int64_t every = 1;
  double factor = 0.1;
  double operator()(double base_lr, int64_t step) const;
};

/// Rises linearly to the base rate over the first warmup_steps updates (update i uses (i + 1) / warmup_steps
/// of it), then falls along half a cosine and reaches min_lr at total_steps, where it stays.
struct INFOGRAD_API CosineWarmup {
  int64_t warmup_steps = 0;
  int64_t total_steps = 1;
  double min_lr = 0;
  double operator()(double base_lr, int64_t step) const;
};

}  // namespace infograd::optim
