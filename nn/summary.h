// What a model consists of: modules, parameters, shapes, bytes.
#pragma once

#include <string>
#include <vector>

#include <infograd/nn/module.h>

namespace infograd::nn {

struct SummaryRow {
  std::string name;    ///< path, e.g. "encoder.fc1.weight"
  std::string module;  ///< description of the module it belongs to, e.g. "Linear(784, 64)"
  DType dtype = DType::f32;
  Shape shape;
  int64_t count = 0;  ///< elements
  int64_t bytes = 0;
  bool trainable = false;
  bool buffer = false;
};

/// One row per parameter and buffer; a shared tensor counts once.
struct Summary {
  std::vector<SummaryRow> rows;
  int64_t parameters = 0;  ///< elements of all parameters
  int64_t trainable = 0;   ///< elements of those that require a gradient
  int64_t buffers = 0;     ///< elements of all buffers
  int64_t bytes = 0;       ///< of parameters and buffers
};

INFOGRAD_API Summary summary(const Module& module);
/// A table, ending in the totals.
INFOGRAD_API std::string to_string(const Summary& summary);

}  // namespace infograd::nn
