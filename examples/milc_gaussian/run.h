// One classifier of two Gaussian classes: data, training, what it learned.
#pragma once

#include <string>

#include <infograd/infograd.h>

#include "options.h"

namespace milc {

namespace ig = infograd;
using ig::losses::ground_truth::BinaryGaussian;

inline constexpr int64_t kDims = 8;

enum class Network { linear, mlp };  ///< 8-2 and 8-64-2

struct Setting {
  BinaryGaussian model;  ///< mean +-mu, mu a random direction of length d, unit covariance
  Network network = Network::linear;
  int64_t points = 0;  ///< of training
  ig::losses::MilcForm form = ig::losses::MilcForm::ce;
};

struct Run {
  double ce = 0, mi = 0, test_error = 0, bound_certified = 0;  ///< of fresh test points
};

/// SGD with momentum .9, rate .05 falling to 0 along a cosine. Data, initial weights and order of the batches
/// depend on the seed alone.
Run train_and_test(const Setting& setting, uint64_t seed, const Options& options);

}  // namespace milc
