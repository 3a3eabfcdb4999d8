// Merging axes, as a module.
#pragma once

#include <infograd/nn/module.h>
#include <infograd/ops/shape_ops.h>

namespace infograd::nn {

/// Merges axes first..last; by default everything but the batch.
struct Flatten : Module {
  explicit Flatten(int first_ = 1, int last_ = -1) : Module("Flatten"), first(first_), last(last_) {}
  Tensor operator()(const Tensor& x) const { return flatten(x, first, last); }
  int first;
  int last;
};

}  // namespace infograd::nn
