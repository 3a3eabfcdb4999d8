// Command line of milc_gaussian.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <infograd/core/device.h>

namespace milc {

struct Options {
  std::vector<int64_t> sizes{200, 2000, 20000};
  int64_t seeds = 5;
  uint64_t seed = 0;  ///< the first one
  int64_t steps = 2000, test_points = 200000;
  int jobs = 0;
  infograd::Device device = infograd::cpu;
  std::string out = "out/milc_gaussian";
  bool quiet = false;
};

/// Parses the command line. Exits the way CLI11 does for --help and for mistakes.
Options parse(int argc, char** argv);

}  // namespace milc
