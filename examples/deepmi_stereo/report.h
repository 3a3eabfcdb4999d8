// Tables and disparity maps.
#pragma once

#include <string>
#include <vector>

#include "train.h"

namespace stereo {

/// One objective on pairs of one kind: a run per seed, and one per learning rate of the sweep.
struct Cell {
  shared::IntensityMap map;
  Objective objective;
  std::vector<Run> runs{};       ///< in the order of the seeds
  std::vector<Run> of_scales{};  ///< first seed, in the order of Options::lr_scales; at 1 that of `runs`
};

/// Writes table.md, runs.csv and disparity_<map>.png to `out`. Returns table.md.
std::string write_report(const std::vector<Cell>& cells, const std::string& heading, const Options& options);

}  // namespace stereo
