// Command line of mige_control.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <infograd/core/device.h>

namespace mige_control {

struct Options {
  std::vector<int64_t> dims{20, 100, 200};
  std::vector<std::string> directions{"minimise", "maximise"};
  std::string transform = "none";
  std::string estimator = "ssge";
  bool per_coordinate = false;
  int64_t seeds = 0;  ///< 0: three for d = 20, one above
  uint64_t seed = 0;  ///< the first one
  int64_t updates = 5000;
  int jobs = 0;
  infograd::Device device = infograd::cpu;
  std::string out = "out/mige_control";
  bool quiet = false;
};

/// Parses the command line. Exits the way CLI11 does for --help and for mistakes.
Options parse(int argc, char** argv);

}  // namespace mige_control
