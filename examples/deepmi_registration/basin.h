// From where each loss finds the way.
#pragma once

#include "align.h"
#include "options.h"

namespace registration {

inline constexpr double kFarthestStart = 12;  ///< pixels along each axis

/// Translations of one scene that starts already aligned, from a grid of displacements of up to 12 pixels.
struct Basin {
  shared::IntensityMap map;
  shared::ImageLoss loss;
  ig::Tensor errors{};   ///< [starts, starts] in pixels, after the alignment; rows: y of the start
  double share() const;  ///< of the starts that succeed
};

std::vector<Basin> basins(const Options& options);
void explore(Basin& basin, const Options& options);
/// One panel per basin, one row per map: white where the start succeeds, darker the farther the end.
void draw(const std::vector<Basin>& basins, const std::string& path);

}  // namespace registration
