// What mutual information says about the error of a classifier, and how many samples learning it takes. The
// choice of bounds is ours, the mathematics standard; all entropies in nats.
#pragma once

#include <cstdint>
#include <span>

#include <infograd/core/export.h>

namespace infograd::losses {

/// phi(p) = h(p) + p log(classes - 1), h the binary entropy: the largest H(Y | X) that an error probability p
/// allows. Increasing on [0, (C - 1) / C], where it reaches log C. Throws ValueError for pe outside [0, 1] or
/// classes < 2.
INFOGRAD_API double fano_phi(double pe, int classes);
/// The smallest error probability that a conditional entropy h allows, in [0, (C - 1) / C]; 0 for h = 0, and
/// (C - 1) / C above log C. Throws ValueError for h below -1e-12.
INFOGRAD_API double fano_phi_inverse(double h, int classes);

/// Bounds on the error of the best classifier of Y from X. The lower ones (Fano) hold for *every* classifier,
/// if `mi` is the true I(X; Y): an estimate of it gives no guarantee, see certified_error_bound.
struct ErrorBounds {
  double fano_tight = 0;           ///< phi^-1(H(Y) - I); equality for symmetric channels
  double fano_weak = 0;            ///< (H(Y) - I - log 2) / log(C - 1), at least 0; NaN for two classes
  double fano_weakest = 0;         ///< the same over log C; NaN for two classes
  double upper_hellman_raviv = 0;  ///< (H(Y) - I) / (2 log 2)
  double upper_exp = 0;            ///< 1 - exp(-(H(Y) - I))
  double upper_prior = 0;          ///< 1 - max_c P(c): always the likeliest class
};
/// From H(Y) and I(X; Y) <= H(Y). `largest_prior` is max_c P(c); what lies below the least it can be, 1 /
/// classes, counts as that, so that without it `upper_prior` is a bound for every prior. Throws ValueError
/// for classes < 2, entropies below -1e-12, a prior outside [0, 1].
INFOGRAD_API ErrorBounds error_bounds(double label_entropy, double mi, int classes, double largest_prior = 0);

/// Fano for the pair (label, decision): a lower bound on the error that this confusion matrix itself shows,
/// for any classifier. confusion [classes * classes], row = label, column = decision. Throws ShapeError for
/// another size, ValueError for a negative count or no sample.
INFOGRAD_API double certified_error_bound(std::span<const std::int64_t> confusion, int classes);

/// Samples N (round up) with which sup |CE_N - CE| <= eps with probability 1 - delta over all models of m
/// parameters in a ball of that radius, if 0 <= -log q <= B and it is Lipschitz in the parameters:
/// 2 B^2 / eps^2 (m log(8 radius lipschitz sqrt(m) / eps) + log(2 / delta)). A stand-in for the theorem of
/// the paper (ours). Throws ValueError unless all are positive and delta <= 1.
INFOGRAD_API double milc_sample_size(double eps, double delta, double m, double B, double lipschitz,
                                     double radius);

}  // namespace infograd::losses
