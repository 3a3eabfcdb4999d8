// Command line of mige_toy.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <infograd/core/device.h>

namespace mige_toy {

struct Options {
  std::vector<int64_t> dims{2, 5, 8, 10, 16, 20, 32};
  std::vector<int64_t> mine_dims{8, 16, 32};  ///< of MINE and MINE-f, which train a critic for every point
  int64_t seeds = 10, mine_seeds = 1;
  uint64_t seed = 0;  ///< the first one
  int64_t points = 32, mine_points = 30, mine_steps = 200;
  int jobs = 0;
  infograd::Device device = infograd::cpu;
  std::string out = "out/mige_toy";
  bool quiet = false;
};

/// Parses the command line. Exits the way CLI11 does for --help and for mistakes.
Options parse(int argc, char** argv);

}  // namespace mige_toy
