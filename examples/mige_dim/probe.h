// What frozen features are worth.
#pragma once

#include "encoder.h"

namespace mige_dim {

/// Share of the test images that a classifier on the features of one layer gets right.
struct Accuracy {
  double conv = 0, fc = 0, y = 0;
};

/// Standardised features; softmax regression (Adam 1e-3, batches of 100), or with `full_probe` a hidden layer
/// of 200 with batch norm, ReLU and dropout 0.1 (Adam 1e-4, times 0.1 at epochs 50 and 100, batches of 64).
/// The encoder is in evaluation mode.
Accuracy probe(const Encoder& encoder, const Images& images, const Options& options,
               ig::Generator& generator);

}  // namespace mige_dim
