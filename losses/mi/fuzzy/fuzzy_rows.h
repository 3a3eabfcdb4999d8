// Private: the fuzzy MI losses of histograms in f64, one value per row, and their gradients in closed form.
#pragma once

#include <infograd/losses/mi/fuzzy/fuzzy.h>
#include <infograd/ops/elementwise.h>

namespace infograd::losses {

/// Value per row [R], of ordinary ops: autograd differentiates it.
Tensor fuzzy_rows(const FuzzyHistogram& histogram, const FuzzyMiOptions& options);
/// Its derivatives by p, q and P, taken as independent. Constants that multiply sum a' = 0 are left out.
FuzzyHistogram fuzzy_slopes(const FuzzyHistogram& histogram, const FuzzyMiOptions& options);

/// The table that carries the information: with TNorm::minimum J / sum J and its own marginals.
FuzzyHistogram as_distribution(const FuzzyHistogram& histogram, TNorm tnorm);
/// d_i = P_ii as [R, N].
Tensor joint_diagonal(const Tensor& joint);

struct Entropies {
  Tensor x, y, xy;  ///< [R] nats

  Entropies(const FuzzyHistogram& distribution, double log_floor);
  Tensor mi() const { return x + y - xy; }
};

}  // namespace infograd::losses
