// What is looked at: textures and photographs.
#pragma once

#include <string>
#include <vector>

#include <infograd/infograd.h>

namespace registration {

namespace ig = infograd;

inline constexpr int64_t kCanvas = 112;

/// Everything that is drawn for a scene depends on its own seed, not on the others.
struct Scenes {
  std::string name;       ///< "textures", "photographs"
  ig::Tensor canvases{};  ///< f32 [S, 1, 112, 112] in [0, 1]
  std::vector<uint64_t> seeds{};
};

/// Uniform noise, blurred (Gaussian, sd 2 px) and rescaled to [0.05, 0.95]; seeds first, first + 1, ...
Scenes textures(uint64_t first, int64_t count);
/// Central crops of the first PNGs of a folder by file name, seeds 1, 2, ... Throws IoError where there are
/// fewer.
Scenes photographs(const std::string& folder, int64_t count);

}  // namespace registration
