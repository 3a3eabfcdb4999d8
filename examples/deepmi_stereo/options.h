// Command line of deepmi_stereo.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <infograd/core/device.h>

namespace stereo {

struct Options {
  uint64_t seed = 1;  ///< the first one
  int64_t seeds = 3;
  int64_t steps = 600, batch = 16, test_pairs = 64;
  std::vector<double> lr_scales{0.5, 1, 2};  ///< of the sweep, first seed only; 1 is always run
  int jobs = 0;
  infograd::Device device = infograd::cpu;
  std::string out = "out/deepmi_stereo";
  bool resume = false;  ///< take over the runs of an earlier call
  bool quick = false;
  bool quiet = false;
};

/// Parses the command line. Exits the way CLI11 does for --help and for mistakes.
Options parse(int argc, char** argv);

}  // namespace stereo
