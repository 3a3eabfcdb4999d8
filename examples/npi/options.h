// Command line of npi.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <infograd/core/device.h>

namespace npi {

/// Sizes of the experiments: seconds, minutes, or as in the paper.
enum class Scale { quick, fast, full };

struct Options {
  uint64_t seed = 0;
  std::string natural;  ///< folder of photographs; empty: INFOGRAD_DATA/natural
  std::string mnist;    ///< folder of MNIST; empty: INFOGRAD_DATA
  infograd::Device device = infograd::cpu;
  std::string out = "out/npi";
  std::vector<std::string> only;  ///< experiments; empty: all
  Scale scale = Scale::fast;
  bool quiet = false;

  template <class T>
  T pick(T quick, T fast, T full) const {
    return scale == Scale::quick ? quick : scale == Scale::fast ? fast : full;
  }
};

/// Parses the command line. Exits the way CLI11 does for --help and for mistakes.
Options parse(int argc, char** argv);

}  // namespace npi
