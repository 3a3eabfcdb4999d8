// What filters are worth: how sparse their outputs are, how much information they leave out, whether they
// separate sources.
#pragma once

#include <cstdint>

#include <infograd/core/tensor.h>

namespace infograd::losses {

/// Mean entropy, in bits, of the normalised filter outputs; lower is sparser. display [K, K1], its columns
/// scaled together to a mean norm of 1, times whitened x [K, M], M >= 2: pass display filters with
/// ZCA-whitened data, or c with x_hat. The bandwidth is that of kde_entropy_bits.
INFOGRAD_API double npi_cfe(const Tensor& display, const Tensor& x, int64_t grid = 512);

/// -1/2 <ln det(((n / K0) c Phi^2 c^T + I) / (2 pi e))>, nats: what the responses of n neurons leave out;
/// lower is more information. c and x_hat f64, as for npi_q_canonical, any K1. One factorisation per sample:
/// pass a subset.
INFOGRAD_API double npi_cde(const Tensor& c, const Tensor& x_hat, double beta, double a, double n = 1e6);

/// Differential entropy, in bits, of the rows of samples [n] or [rows, n], averaged over the rows, from a
/// Gaussian-kernel density on `grid` equidistant points. Bandwidth s (4 / (3 n))^(1/5), s = median |y -
/// median y| / 0.6745 (the standard deviation where that is 0): our choice, the paper says only "adaptive".
/// Counts go to about 4600 bins or more (shared linearly by two neighbours) before they are smoothed. Where
/// outliers would stretch a grid step beyond the bandwidth, groups of samples that are far from each other
/// get grids of half a bandwidth each. ValueError for rows without variance, and where that overflows.
INFOGRAD_API double kde_entropy_bits(const Tensor& samples, int64_t grid = 512);

/// 0 when p [n, n], estimated unmixing times mixing, is a scaled permutation; at most 1. n >= 2. ValueError
/// for a row or column of zeros.
INFOGRAD_API double amari_index(const Tensor& p);

/// (sum w^2)^2 / (K sum w^4) of each column of filters [K, K1], [K1] f64: 1/3 for Gaussian noise, small for
/// localised filters, 1 for constant ones. Our measure.
INFOGRAD_API Tensor participation_ratio(const Tensor& filters);

}  // namespace infograd::losses
