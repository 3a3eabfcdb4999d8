// Command line of deepmi_registration.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <infograd/core/device.h>

namespace registration {

struct Options {
  std::string data;   ///< folder of PNGs, "none", or empty: INFOGRAD_DATA/natural if it is there
  uint64_t seed = 1;  ///< the first scene
  int64_t scenes = 16;
  std::vector<double> lr_scales{0.5, 1, 2};  ///< of the sweep; 1 is the headline and always run
  int64_t starts = 13;                       ///< per axis, of the basin of attraction
  bool quick = false;
  int jobs = 0;
  infograd::Device device = infograd::cpu;
  std::string out = "out/deepmi_registration";
  bool quiet = false;
};

/// Parses the command line. Exits the way CLI11 does for --help and for mistakes.
Options parse(int argc, char** argv);

}  // namespace registration
