// Command line of mige_ib.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <infograd/core/device.h>

namespace mige_ib {

struct Options {
  std::string data;  ///< directory, "synthetic", or empty: INFOGRAD_DATA if it holds MNIST, else synthetic
  std::vector<std::string> methods{"none", "vib", "mine", "mige"};
  std::vector<double> betas{1e-3};
  std::vector<int64_t> batches{100};
  int64_t hidden = 256;              ///< width of the two hidden layers of the encoder
  int64_t units = 64;                ///< of the representation
  std::vector<int64_t> critic{256};  ///< hidden widths of MINE's critic
  double lr = 5e-4;
  int64_t epochs = 15;
  int64_t train_images = 0, test_images = 0;  ///< the first ones; 0: all
  int64_t seeds = 2;
  uint64_t seed = 0;  ///< the first one
  int jobs = 0;
  infograd::Device device = infograd::cpu;
  std::string out = "out/mige_ib";
  bool resume = false;  ///< take over the runs of an earlier call
  bool quiet = false;
};

/// Parses the command line. Exits the way CLI11 does for --help and for mistakes.
Options parse(int argc, char** argv);

}  // namespace mige_ib
