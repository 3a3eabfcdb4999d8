// Spatial transforms: affine_grid + grid_sample.
#pragma once

#include <infograd/backends/args.h>
#include <infograd/core/tensor.h>

namespace infograd {

/// theta [B, 2, 3] -> sampling positions [B, height, width, 2] in [-1, 1] (x, then y).
INFOGRAD_API Tensor affine_grid(const Tensor& theta, int64_t height, int64_t width,
                                bool align_corners = false);

struct GridSampleOptions {
  bool align_corners = false;
  PaddingMode padding = PaddingMode::zeros;
};
/// Bilinear samples of x [B, C, H, W] at grid [B, Ho, Wo, 2]; differentiable once in x and grid (create_graph
/// through it throws).
INFOGRAD_API Tensor grid_sample(const Tensor& x, const Tensor& grid, const GridSampleOptions& options = {});

struct SampledImage {
  Tensor value;   ///< [B, C, Ho, Wo]
  Tensor inside;  ///< [B, 1, Ho, Wo], 1 where the position lies in the image, else 0; no gradient. A mask.
};
/// Bilinear samples of image [B, C, H, W] at columns gx and rows gy [B, Ho, Wo] in pixels from 0; outside,
/// the border repeats. Differentiable once in image, gx and gy: right derivative at whole pixels, 0 where
/// clamped.
INFOGRAD_API SampledImage grid_sample_bilinear(const Tensor& image, const Tensor& gx, const Tensor& gy);

}  // namespace infograd
