// Differentiable joint histograms: values belong to several bins at once. After A. Kumar, L. Behera, "DeepMI"
// (2021), and the Parzen and B-spline windows of image registration; bins, bounds and t-norms are our
// reading.
#pragma once

#include <infograd/backends/args.h>
#include <infograd/core/tensor.h>

namespace infograd {

/// Which values share a histogram. [M] is always one row and [B, M] always B rows, but for `batch`.
enum class Pooling : uint8_t {
  per_channel,  ///< x [B, C, spatial...]: one row per image and channel
  per_sample,   ///< one row per image
  batch         ///< one row: mixes the images of a batch, so the result depends on its composition
};
/// A row whose weights are all 0.
enum class OnEmpty : uint8_t {
  raise,  ///< throw ValueError
  skip    ///< p = q = P = 0 in that row; losses leave it out of their mean
};

struct FuzzyHistogramOptions {
  int bins = 11;  ///< 2 .. 256; cubic_bspline needs 2 pad + 2
  Membership membership = Membership::triangular;
  TNorm tnorm = TNorm::product;
  double lo = 0, hi = 1;    ///< fixed range; what lies outside counts as the nearer end and gets no gradient
  double sigma_bins = 0.5;  ///< gaussian: standard deviation in bin widths, 0.2 .. 4
  int bspline_pad = 1;      ///< cubic_bspline: bins beyond lo and hi, 1 or 2
  bool crisp_y = false;     ///< y counts in its nearest bin only, with gradient 0 (Mattes pairing)
  bool stop_grad_y = false;
  Pooling pooling = Pooling::per_channel;
  Tensor mask{};  ///< weights >= 0, [shape of x] or [B, 1, spatial...], of x's dtype or b8; constant
  OnEmpty on_empty = OnEmpty::raise;
};

struct FuzzyHistogram {
  Tensor p, q;   ///< [R, N]: marginals of x and y, each row sums to 1
  Tensor joint;  ///< [R, N, N], x first: sums to 1; with TNorm::minimum to something between 1 and 2
};

/// Fuzzy histograms of the pairs (x, y), in the dtype of x. x and y of one shape, [M], [B, M] or [B, C,
/// spatial...]. Counted in f64 whatever the dtype, in O(N^2) memory per row and O(M) time; the same bits for
/// any thread count. Differentiable once in x and y: right derivative at kinks (left at hi), 0 outside
/// [lo, hi]. Throws ShapeError, DTypeError (f32 and f64 only: convert half types first), ValueError for
/// options out of range, a NaN in x or y (masked or not), a bad mask (weights that are negative or not
/// finite, whose sum overflows or is below 1e-300), or an empty row under OnEmpty::raise (under skip, when
/// every row is empty).
INFOGRAD_API FuzzyHistogram fuzzy_joint_histogram(const Tensor& x, const Tensor& y,
                                                  const FuzzyHistogramOptions& options = {});

/// -sum p ln p over the last axis, in nats; 0 ln 0 = 0 exactly. f32 or f64, p >= 0. The gradient takes
/// ln max(p, log_floor), so that it stays finite at p = 0.
INFOGRAD_API Tensor entropy(const Tensor& p, double log_floor = 1e-12);

}  // namespace infograd
