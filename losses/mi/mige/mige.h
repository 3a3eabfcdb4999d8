// MIGE: the gradient of mutual information without its value. L. Wen, Y. Zhou, L. He, M. Zhou, Z. Xu, ICLR
// 2020, arXiv:2005.01123. Scores by ssge.h stand, as constants, in a surrogate whose backward is the
// gradient. What is our reading and not the paper's claim: docs/mige.md.
#pragma once

#include <cstdint>

#include <infograd/losses/mi/mige/ssge.h>

namespace infograd::losses {

/// Whether the surrogate contains the marginal of x.
enum class XMarginal : uint8_t {
  automatic,  ///< when x requires a gradient
  always,
  never
};
/// Entries of a random projection [k, d].
enum class RpLaw : uint8_t {
  gaussian,  ///< N(0, 1/k)
  sparse     ///< +-sqrt(3/k) with probability 1/6 each, else 0
};

struct MigeOptions {
  SsgeOptions score{};
  bool standardise_blocks = false;  ///< divides x and z by their root mean square deviation, held constant
  XMarginal x_marginal = XMarginal::automatic;
  int64_t rp_dim = 0;  ///< > 0: x is projected to this many dimensions first: I(Rx; z) (ours)
  RpLaw rp_law = RpLaw::gaussian;
  bool rp_resample = false;  ///< a fresh R from default_generator() each call; otherwise that of rp_seed
  uint64_t rp_seed = 0;
};

struct MigeResult {
  /// A scalar whose **backward is the gradient of I**, plus sign. Its value has no meaning: it is neither
  /// mutual information nor an entropy.
  Tensor surrogate;
  SsgeInfo joint, marginal_x, marginal_z;  ///< J = 0: that score was not needed
};

/// -S(y), S(y) = mean of score . y: its gradient is that of the differential entropy H(y). y [M, d]; errors
/// as ssge_score. The value has no meaning.
INFOGRAD_API Tensor mige_entropy(const Tensor& y, const SsgeOptions& options = {}, SsgeInfo* info = nullptr);

/// S([x, z]) - S(z), minus S(x) when x is learned. Maximise: loss = -surrogate. Penalise: loss + beta *
/// surrogate. x [M, dx], z [M, dz] of one dtype; images are flattened first. The joint and the marginals have
/// bandwidths and eigenfunctions of their own. Neither input needs a gradient (diagnostics only).
///
/// For z = f(x) without noise the joint has no density and I is infinite; the gradient is then an effect of
/// kernel smoothing that says "larger scale": normalise z (batch norm without affine, sigmoid, unit norm) or
/// add noise. A constraint that makes the covariance singular, as layer norm does, needs a ridge or a basis
/// of the subspace.
INFOGRAD_API MigeResult mige_mi(const Tensor& x, const Tensor& z, const MigeOptions& options = {});

/// The same for z = mu(x) + sigma(x) * noise, whose conditional is known: -S(z) - mean_m sum_k log_sigma
/// (ours). log_sigma has z's shape. Needs no kernel on x, so the options of x are not looked at.
INFOGRAD_API MigeResult mige_mi_gaussian(const Tensor& z, const Tensor& log_sigma,
                                         const MigeOptions& options = {});

}  // namespace infograd::losses
