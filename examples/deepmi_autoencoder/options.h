// Command line of deepmi_autoencoder.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <infograd/core/device.h>

namespace autoencoder {

struct Options {
  std::string data;  ///< see shared::load_digits
  int64_t seeds = 5;
  uint64_t seed = 1;  ///< the first one
  int64_t images = 10000, epochs = 12;
  std::vector<double> rates{1e-3, 3e-4, 3e-3};  ///< the first one is that of the table
  int jobs = 0;
  infograd::Device device = infograd::cpu;
  std::string out = "out/deepmi_autoencoder";
  bool resume = false;  ///< take over the runs of an earlier call
  bool quiet = false;
};

/// Parses the command line. Exits the way CLI11 does for --help and for mistakes.
Options parse(int argc, char** argv);

}  // namespace autoencoder
