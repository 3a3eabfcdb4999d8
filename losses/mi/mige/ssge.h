// The spectral Stein gradient estimator: grad log p of samples, without a network. J. Shi, S. Sun, J. Zhu,
// arXiv:1806.02925; closed forms, guards and the variants are ours.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>

#include <infograd/core/tensor.h>

namespace infograd::losses {

/// Width sigma of the kernel exp(-|x - y|^2 / (2 sigma^2)).
enum class MigeBandwidth : uint8_t {
  paper,           ///< of all M^2 distances, zeros of the diagonal included, the floor(M^2/2)-th largest
  offdiag_median,  ///< median of the distances between different samples
  fixed            ///< SsgeOptions::sigma
};
/// How the eigenvectors of the kernel matrix are found; the scores are the same.
enum class MigeEigen : uint8_t {
  full,     ///< all of them
  top,      ///< all eigenvalues, but only the vectors that are kept: faster the fewer they are
  subspace  ///< block iteration: for M >= 1000 when very few are kept
};
enum class MigeEstimator : uint8_t {
  ssge,           ///< the paper's
  whitened_ssge,  ///< on samples with unit covariance: affine equivariant, far less shrinkage; recommended
                  ///< (ours)
  nu_method,      ///< iterative, curl-free kernel, no eigenproblem (Zhou, Shi, Zhu, arXiv:2005.10099)
  stein           ///< -(K + eta I)^-1 B: Cholesky instead of eigenvectors, an order faster
};
/// Which samples the bandwidth is taken from when scores are wanted at other points.
enum class QueryBandwidth : uint8_t {
  stacked,  ///< samples and points together
  samples
};

struct SsgeOptions {
  double tau = 0.99;    ///< in (0, 1]: eigenvalues are kept while their cumulative share is below it
  int64_t n_eigen = 0;  ///< keeps this many instead, 1 .. M
  std::optional<double>
      eta{};  ///< >= 0, added to the diagonal of the kernel matrix; unset: 0, for stein 0.01
  MigeBandwidth bandwidth = MigeBandwidth::paper;
  double sigma = 0;  ///< for MigeBandwidth::fixed
  MigeEigen eigen = MigeEigen::full;
  MigeEstimator estimator = MigeEstimator::ssge;
  /// Added to the covariance, times its mean diagonal, before whitening. Negative: 0 where M > 2 d, else
  /// 0.01.
  double whiten_ridge = -1;
  bool nu_whiten = true;  ///< whitens first for nu_method, which underfits badly otherwise
  int64_t nu_iterations = 32;
  bool compute_in_double = true;  ///< whatever the type of the samples; false: f32 samples in f32
  QueryBandwidth query_bandwidth = QueryBandwidth::stacked;
};

/// What an estimate was made with. NaN where the estimator has no such thing.
struct SsgeInfo {
  double sigma = std::numeric_limits<double>::quiet_NaN();  ///< of the whitened samples, if they are
  int64_t J = 0;  ///< eigenfunctions kept; M for estimators that keep all; 0: nothing was estimated
  double lambda_first = std::numeric_limits<double>::quiet_NaN();  ///< largest eigenvalue
  double lambda_last = std::numeric_limits<double>::quiet_NaN();   ///< smallest that is kept
  double kept = std::numeric_limits<double>::quiet_NaN();          ///< share of the eigenvalues kept
  double stein = std::numeric_limits<double>::quiet_NaN();  ///< mean of score . x, over the columns that
                                                            ///< vary: near -1 when healthy
  int64_t constant = 0;     ///< columns without variance (dead units): their scores are 0
  bool degenerate = false;  ///< all samples are equal: the scores are zero
};

/// Scores [M, d] at the samples x [M, d], M >= 2, floating; in x's dtype, outside the graph. O(M^3 + M^2 d)
/// time, O(M^2 + M d) memory. Guards (ours): at least one eigenfunction is kept; eigenvalues below
/// 16 sqrt(M) eps lambda_first are divided by that; when the bandwidth rule gives 0 (half of the distances
/// are), the median of the others is taken, and scores are 0 where there is none; columns without variance
/// have score 0, and whitening leaves them out. Throws ShapeError for x
/// that is not [M >= 2, d >= 1]; ValueError for entries that are not finite, distances whose squares
/// overflow, options outside their range, and whitening of a singular covariance; Error when the eigensolver
/// does not converge.
INFOGRAD_API Tensor ssge_score(const Tensor& x, const SsgeOptions& options = {}, SsgeInfo* info = nullptr);
/// Scores [N, d] at other points q [N, d] of the density that x [M, d] was drawn from. Not for stein
/// (NotImplemented). `info->stein` is left NaN.
INFOGRAD_API Tensor ssge_score_at(const Tensor& x, const Tensor& q, const SsgeOptions& options = {},
                                  SsgeInfo* info = nullptr);

}  // namespace infograd::losses
