// The images, and the training sets drawn from them.
#pragma once

#include <array>
#include <string>
#include <vector>

#include <infograd/infograd.h>

#include "options.h"

namespace milc {

namespace ig = infograd;

inline constexpr int kClasses = 10;

struct Digits {
  ig::Tensor train_images, test_images;                 ///< f32 [N, 784], (pixel / 255 - 0.1307) / 0.3081
  ig::Tensor train_labels, test_labels;                 ///< i64 [N]
  std::array<std::vector<int64_t>, kClasses> of_class;  ///< training indices of each class
  std::string source;                                   ///< "MNIST" or "synthetic digits"
};
Digits load_digits(const Options& options);

/// How many images of each class to train on.
struct TrainingSet {
  std::string name;  ///< "3000", "long tail 1242"
  std::array<int64_t, kClasses> per_class{};
  int64_t size() const;
};
/// Those of the command line. Throws ValueError for a size that the data cannot give.
std::vector<TrainingSet> training_sets(const Options& options, const Digits& digits);

/// Indices [n] of a random subset; a larger balanced one of the same generator contains it.
ig::Tensor draw(const TrainingSet& set, const Digits& digits, ig::Generator generator);

}  // namespace milc
