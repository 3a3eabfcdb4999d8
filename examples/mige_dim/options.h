// Command line of mige_dim.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include <infograd/core/device.h>

namespace mige_dim {

struct Options {
  std::string data;   ///< directory, "synthetic", or empty: INFOGRAD_DATA if it holds MNIST, else synthetic
  std::string cifar;  ///< directory of the CIFAR-10 binary batches; if given, instead of `data`
  std::vector<std::string> methods{"untrained", "jsd", "infonce", "mige"};
  std::string normalisation = "batch";  ///< of Y: "batch" or "sigmoid"
  double noise = 0;                     ///< standard deviation, added to Y in both terms of MIGE
  int64_t rp_dim = 256;                 ///< of the projected image
  int64_t batch = 256;
  int64_t negatives = 15;  ///< of InfoNCE for each image, out of its batch
  double lr = 3e-4;
  int64_t updates = 600;
  int64_t epochs = 0;  ///< > 0: passes over the images instead of `updates`
  std::array<int64_t, 3> channels{32, 64, 128};
  int64_t fc = 256;         ///< width of the layer between convolutions and Y
  int64_t critic = 512;     ///< width of its two hidden layers
  bool full_probe = false;  ///< a hidden layer and all images, instead of softmax regression
  int64_t probe_images = 10000, probe_epochs = 10;
  int64_t train_images = 0, test_images = 0;  ///< the first ones; 0: all
  int64_t seeds = 1;
  uint64_t seed = 0;  ///< the first one
  int jobs = 0;
  infograd::Device device = infograd::cpu;
  std::string out = "out/mige_dim";
  bool quiet = false;
};

/// Parses the command line. Exits the way CLI11 does for --help and for mistakes.
Options parse(int argc, char** argv);

}  // namespace mige_dim
