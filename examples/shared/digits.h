// The digits that the experiments train on: MNIST where it is at hand.
#pragma once

#include <cstdint>
#include <string>

#include <infograd/nn/data/dataset.h>

namespace shared {

struct Digits {
  infograd::data::Dataset train, test;
  std::string source;     ///< "MNIST" or "synthetic digits (embedded)"
  std::string directory;  ///< of the files; empty for synthetic digits
};

/// What is said about --data.
inline constexpr const char* kDataHelp =
    "directory of the MNIST files, or \"synthetic\" for the embedded digits; without it INFOGRAD_DATA if it "
    "holds MNIST, else synthetic";

/// How many of them, the first ones; 0: all, or 20000 and 5000 synthetic ones.
struct DigitLimits {
  int64_t train = 0, test = 0;
};
/// `data` as kDataHelp says. Throws IoError that names what it looked for.
Digits load_digits(const std::string& data, const DigitLimits& limits = {});

}  // namespace shared
