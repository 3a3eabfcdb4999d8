// Smooth random textures.
#pragma once

#include <infograd/core/tensor.h>

namespace shared {

/// x [B, 1, H, W] convolved with a normalised Gaussian along both axes, where its window lies inside: each
/// extent loses 2 radius.
infograd::Tensor gaussian_blur(const infograd::Tensor& x, double sd, int radius);
/// Each image of x [B, 1, H, W] stretched to [low, high].
infograd::Tensor rescale_each(const infograd::Tensor& x, double low, double high);

}  // namespace shared
