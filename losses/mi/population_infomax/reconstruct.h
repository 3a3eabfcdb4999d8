// From filter outputs back to data: reconstruction and denoising.
#pragma once

#include <infograd/losses/mi/population_infomax/population_infomax.h>

namespace infograd::losses {

/// mean + B W^T (data - mean), data [K, M]. B W^T = U0 U0^T for every C of full row rank: what comes back
/// depends on the truncation of the whitener alone, not on what was learned. Needs a result of Npi::fit.
INFOGRAD_API Tensor npi_reconstruct(const NpiResult& result, const Tensor& data);

/// Every overlapping patch x patch piece of image [H, W] reconstructed, overlaps averaged; f64 [H, W]. The
/// result stems from patches of that size, row-major. ValueError for a patch wider than the image.
INFOGRAD_API Tensor npi_denoise(const NpiResult& result, const Tensor& image, int64_t patch);

}  // namespace infograd::losses
