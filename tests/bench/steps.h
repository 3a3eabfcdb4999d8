// The training steps that are measured: by bench_steps.cpp, and against PyTorch by peers/ours.cpp. The
// PyTorch half, case by case the same work under the same names, is peers/theirs.py.
#pragma once

#include <functional>
#include <map>
#include <string>

#include <infograd/core/device.h>

namespace infograd::bench {

/// One step of training (or the thousand small operations that a case names).
using Step = std::function<void()>;
/// Model, optimizer and data are made once, on a device; the returned function is what is timed.
using StepMaker = std::function<Step(Device)>;

/// By name. "limit: ..." are no steps but what this machine reaches: the yardsticks of the others.
const std::map<std::string, StepMaker>& step_cases();
/// Those of cuda/bench_cuda.cpp; the PyTorch half is cuda/theirs.py.
const std::map<std::string, StepMaker>& gpu_step_cases();

}  // namespace infograd::bench
