// What is measured: the rows of the tables.
#pragma once

#include <string>
#include <vector>

#include "align.h"
#include "options.h"

namespace registration {

enum class Warp { translation, affine };

/// One loss on all scenes of one kind.
struct Cell {
  const Scenes* scenes;
  Warp warp;
  shared::IntensityMap map;
  double amount;  ///< translation: pixels; affine: bound of the parameters
  shared::ImageLoss loss;
  double lr_scale = 1;
  Alignment result{};

  int64_t successes() const;
  double median() const;
};

Problem problem_of(const Cell& cell);

/// Seven losses, every map and amount; and at one amount, on the first of `sets`, a sweep of the learning
/// rate.
std::vector<Cell> comparison(const std::vector<Scenes>& sets, const Options& options);
/// Memberships, numbers of bins: losses A and NMI, translations of textures without a change of intensities.
std::vector<Cell> ablation(const Scenes& scenes, const Options& options);

}  // namespace registration
