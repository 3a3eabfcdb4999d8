// Synthetic stereo: a texture seen by two cameras, and how far each of its points moved.
#pragma once

#include "../shared/image_losses.h"

namespace stereo {

namespace ig = infograd;

inline constexpr int64_t kHeight = 32, kWidth = 64;
inline constexpr double kMaxDisparity = 4;  ///< what a network can say; the truth lies in (0.3, 3.7)

struct Pairs {
  ig::Tensor left,
      right;             ///< [B, 1, 32, 64] in [0, 1]; left(r, c) = right(r, c - disparity), but for the map
  ig::Tensor disparity;  ///< [B, 1, 32, 64], pixels, smooth
};
/// `map` changes the intensities of the right camera; both have noise of their own.
Pairs draw_pairs(int64_t count, shared::IntensityMap map, ig::Generator& generator, ig::Device device);

/// Column numbers [1, 32, 64] and row numbers.
struct Grid {
  ig::Tensor x, y;
};
Grid pixel_grid(ig::Device device);

}  // namespace stereo
