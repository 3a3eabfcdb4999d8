// Mutual information of images by fuzzy histograms, after A. Kumar, L. Behera, "DeepMI: A Mutual Information
// Based Framework For Unsupervised Deep Learning of Tasks" (arXiv:2101.06411). The paper's formula of its
// linearized loss was not available to us: `lmi` and every default here are our reading, not the paper's
// claim.
#pragma once

#include <cstdint>

#include <infograd/losses/reduction.h>
#include <infograd/losses/report.h>
#include <infograd/ops/histogram.h>

namespace infograd::losses {

/// To minimise, per histogram. p, q: marginals, P: joint table of N bins, d_i = P_ii, tr = sum d,
/// TV = 1/2 sum |p - q|, H_x, H_y, H_xy: entropies, I = H_x + H_y - H_xy, all in nats. "Bijection": zero when
/// y is a relabelling of x's bins; those are invariant to one, the others are zero on the diagonal only.
enum class FuzzyMiLoss : uint8_t {
  lmi,                       ///< 2/3 (TV + 1 - tr) = 1/3 sum |p-q| + |p-d| + |q-d|, in [0, 4/3] (our reading)
  lmi_squared,               ///< 1/3 sum (p-q)^2 + (p-d)^2 + (q-d)^2, in [0, lmi] (ours)
  entropy_gap,               ///< 2/3 (H_xy - min(H_x, H_y)), in [0, 2/3 ln N]; bijection (ours)
  neg_mi,                    ///< -I, in [-ln N, 0]
  variation_of_information,  ///< 2 H_xy - H_x - H_y, in [0, 2 ln N]; bijection
  rajski,                    ///< 1 - I / H_xy, in [0, 1]; bijection; 2 - rajski is Studholme's NMI
  symmetric_uncertainty,     ///< 1 - 2 I / (H_x + H_y), in [0, 1]; bijection
  chi_square,                ///< 1 - (sum P^2 / (p q) - 1) / (N - 1), in [0, 1]; bijection on all bins
  l1_dependence,             ///< -sum |P_ij - p_i q_j|, in [-2 (1 - 1/N), 0]
  exp_neg_mi                 ///< e^-I, in [1/N, 1]
};

struct FuzzyMiOptions {
  FuzzyMiLoss loss = FuzzyMiLoss::lmi;
  FuzzyHistogramOptions histogram{};
  Reduction reduction = Reduction::mean;  ///< over histograms; empty rows are left out, and 0 under `none`
  double log_floor = 1e-12;               ///< of probabilities inside logarithms, in the gradient only
  /// nats = I, mean over histograms; kind neither: binning biases both ways. The cap is min(H_x, H_y), the
  /// standard error that over histograms. Flag constant_input when both entropies vanish.
  Estimate* report = nullptr;
};

/// Loss of x and y of one shape; shapes and errors as fuzzy_joint_histogram. Value and tables in f64, result
/// in the dtype of x. Differentiable once. With TNorm::minimum (ours) lmi and lmi_squared take the raw
/// diagonal, so that lmi(x, x) = 0, the others the table divided by its sum, with marginals of its own. Where
/// H_xy (rajski) or H_x + H_y (symmetric_uncertainty) is below 1e-12, value and gradient are 0.
///
/// What to expect: narrow triangles see only about two bins, so lmi suits few parameters that move many
/// pixels (warps), not free pixels; lmi pulls towards bin centres; the invariant losses settle on some
/// bijection, and a mirrored start stays mirrored. Few bins reach far and bias the optimum: anneal from few
/// to many.
INFOGRAD_API Tensor fuzzy_mi_loss(const Tensor& x, const Tensor& y, const FuzzyMiOptions& options = {});
/// The same of one histogram used several times, composed of ordinary ops. Of options.histogram only `tnorm`
/// is read: it must be the one the histogram was made with.
INFOGRAD_API Tensor fuzzy_mi_loss(const FuzzyHistogram& histogram, const FuzzyMiOptions& options = {});

/// Means over the rows that are not empty; information in nats.
struct FuzzyMiReport {
  double h_x = 0, h_y = 0, h_xy = 0, mi = 0;
  double trace = 0, tv = 0, lmi = 0, rajski = 0;
  double out_of_range = 0;    ///< fraction of unmasked values of x and y outside [lo, hi]
  double occupied_cells = 0;  ///< cells of the table that are not 0: near M, I measures M, not x and y
  int64_t empty_rows = 0;
};
/// Builds no graph.
INFOGRAD_API FuzzyMiReport fuzzy_mi_report(const Tensor& x, const Tensor& y,
                                           const FuzzyMiOptions& options = {});

}  // namespace infograd::losses
