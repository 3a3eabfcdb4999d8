// StateDict: an ordered list of named tensors. What a module gives out, what a checkpoint stores.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <infograd/core/tensor.h>

namespace infograd::nn {

/// Names are stable paths ("encoder.fc1.weight"), in the order in which the module declares them.
using StateDict = std::vector<std::pair<std::string, Tensor>>;

/// What load does when names differ: strict throws and lists what is missing or unexpected; partial takes
/// what matches. A shape or dtype that differs always throws.
enum class LoadPolicy { strict, partial };

}  // namespace infograd::nn
