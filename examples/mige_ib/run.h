// One training run, looked at after every epoch.
#pragma once

#include <string>
#include <vector>

#include "../shared/run_journal.h"
#include "network.h"

namespace mige_ib {

/// Images as rows in [-1, 1], f32 [N, 784], and their labels.
struct Data {
  ig::data::Dataset train, test;
  std::string name;
};
Data load_data(const Options& options);

/// NaN where a method has no such thing.
struct Epoch {
  double cross_entropy = 0, rate = 0;  ///< mean over the training batches, nats
  double one_sample = 0,
         of_twelve = 0;       ///< test error, of one draw of z and of the mean of twelve predictions
  double kl = 0;              ///< to N(0, I), mean over the test images, nats
  double sigma = 0;           ///< mean over the test images
  double eigenfunctions = 0;  ///< mean over the batches
};

struct Run {
  std::string method;
  double beta = 0;
  int64_t batch = 0, units = 0;
  uint64_t seed = 0;

  std::vector<Epoch> epochs{};
  double seconds = 0;  ///< per epoch, without the test
  Tensor test_mu{};    ///< [N, units], if units can be drawn in a plane: on the host
  const Epoch& last() const { return epochs.back(); }
};
inline constexpr int64_t kPlane = 2;
/// What train_and_test() fills.
shared::Numbers to_numbers(const Run& run);
void from_numbers(const shared::Numbers& numbers, Run& run);

/// Trains by cross-entropy + beta * rate. Initial weights, batches and noise depend on the seed alone. Throws
/// ValueError when the loss is not finite.
void train_and_test(Run& run, const Data& data, const Options& options);

}  // namespace mige_ib
