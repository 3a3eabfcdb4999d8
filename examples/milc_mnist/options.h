// Command line of milc_mnist.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <infograd/core/device.h>

namespace milc {

struct Options {
  std::string data;  ///< directory, "synthetic", or empty: INFOGRAD_DATA if it holds MNIST, else synthetic
  std::vector<int64_t> sizes;  ///< empty: 100, 300, 1000, 3000, 10000 and all there are
  int64_t seeds = 5;
  uint64_t seed = 0;  ///< the first one
  int64_t steps = 1500;
  bool lambda_sweep = false;  ///< the weight of the marginal instead of the baselines
  bool long_tail = false;     ///< one unbalanced training set instead of `sizes`
  int jobs = 0;
  infograd::Device device = infograd::cpu;
  std::string out = "out/milc_mnist";
  bool resume = false;  ///< take over the runs of an earlier call
  bool quiet = false;
};

/// Parses the command line. Exits the way CLI11 does for --help and for mistakes.
Options parse(int argc, char** argv);

}  // namespace milc
