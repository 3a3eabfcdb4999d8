// Pairs of images and the warp between them.
#pragma once

#include "../shared/image_losses.h"
#include "scenes.h"

namespace registration {

inline constexpr int64_t kSide = 64, kMargin = 24;

/// Displacements of all pixels, linear in the parameters of a warp: theta [S, 2, K] times basis [K, 64 * 64],
/// as [S, 2, 64, 64] in pixels, x first.
ig::Tensor displacement(const ig::Tensor& theta, const ig::Tensor& basis);

/// To find: theta with which moving, sampled at every pixel plus its displacement, matches fixed.
struct Problem {
  ig::Tensor fixed{}, moving{};  ///< [S, 1, 64, 64]
  ig::Tensor unchanged{};        ///< moving before its change of intensities and without noise
  ig::Tensor basis{};            ///< K = 1: translation; K = 3: affine
  ig::Tensor truth{};            ///< [S, 2, K]
  double lr = 0;                 ///< of Adam; falls to 0 along a cosine
  int64_t steps = 0;
};

/// Shifted by `distance` pixels, in a direction of its own for each scene.
Problem translation(const Scenes& scenes, shared::IntensityMap map, double distance);
/// Warped by a linear map of [-1, 1]^2 whose six parameters, in half extents of the image, are uniform in
/// [-amount, amount].
Problem affine(const Scenes& scenes, shared::IntensityMap map, double amount);

/// Image [S, 1, ...] at the pixels of the 64 x 64 window that starts at (origin, origin), displaced.
ig::SampledImage sample_displaced(const ig::Tensor& image, const ig::Tensor& displaced, double origin);

}  // namespace registration
