// Command line of mnist_infomax.
#pragma once

#include <cstdint>
#include <string>

#include <infograd/backends/args.h>
#include <infograd/core/device.h>

namespace infomax {

enum class Objective { infonce, ntxent, jsd, dv, mine, nwj, smile, mige };

std::string to_string(Objective objective);

struct Options {
  std::string data;  ///< directory, "synthetic", or empty: INFOGRAD_DATA if it holds MNIST, else synthetic
  Objective objective = Objective::infonce;
  int64_t epochs = 0;  ///< 0, not given: 10 for MNIST, 3 for the synthetic digits
  int64_t batch = 128;
  double lr = 2e-3;
  uint64_t seed = 0;
  int threads = 0;  ///< 0: as many as the machine has
  infograd::Precision precision = infograd::Precision::f32;
  infograd::Device device = infograd::cpu;
  std::string out = "out/mnist_infomax";
  int64_t limit = 0;       ///< training images used; 0: all
  int64_t test_limit = 0;  ///< test images used; 0: all
  int64_t checkpoint_every = 100;
  bool resume = false;
  bool quiet = false;
};

/// Parses the command line. Exits the way CLI11 does for --help and for mistakes (non-zero, message on
/// stderr).
Options parse(int argc, char** argv);

}  // namespace infomax
