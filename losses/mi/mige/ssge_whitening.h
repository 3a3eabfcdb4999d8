// Private: samples of unit covariance, and their scores carried back.
#pragma once

#include <string_view>

#include <infograd/losses/mi/mige/ssge.h>

namespace infograd::losses::ssge {

/// z = L^-1 x with L L^T the covariance (divisor M) of centred samples.
class Whitening {
 public:
  /// Throws ValueError, naming `op`, when the covariance with its ridge is singular, as it is for M <= d
  /// without one.
  Whitening(std::string_view op, const Tensor& centred, double ridge);
  Tensor apply(const Tensor& x) const;             ///< rows x [.., d]
  Tensor scores_of_x(const Tensor& scores) const;  ///< L^-T score
  /// whiten_ridge as it is used: negative means automatic.
  static double ridge(const SsgeOptions& options, int64_t m, int64_t d);

 private:
  Tensor factor_;
};

}  // namespace infograd::losses::ssge
