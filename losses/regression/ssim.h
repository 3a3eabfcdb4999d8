// Structural similarity of images.
#pragma once

#include <infograd/core/tensor.h>
#include <infograd/losses/reduction.h>

namespace infograd::losses {

struct SsimOptions {
  int window = 7;               ///< side of the uniform window, in pixels
  double c1 = 1e-4, c2 = 9e-4;  ///< stabilisers, (0.01 range)^2 and (0.03 range)^2, for values in [0, 1]
  Tensor mask{};  ///< x's shape or [B, 1, H, W], b8 or x's dtype; windows where all is > 0 count; constant
  /// mean: over all windows; none: [B], the mean of each image; sum: the sum of those.
  Reduction reduction = Reduction::mean;
};

/// SSIM index (Wang et al. 2004): the mean over all windows that lie inside the image, channels and images of
/// (2 m_x m_y + c1)(2 cov + c2) / ((m_x^2 + m_y^2 + c1)(v_x + v_y + c2)), moments over a uniform window,
/// population variances. In [-1, 1], 1 when x = y: **minimise 1 - ssim**. x, y [B, C, H, W]. Differentiable
/// twice. A mask that leaves no window throws ValueError; an image without one, beside others that have some,
/// is 0 under none and sum.
INFOGRAD_API Tensor ssim(const Tensor& x, const Tensor& y, const SsimOptions& options = {});

}  // namespace infograd::losses
