// Private: samples of unit covariance, and their scores carried back.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include <infograd/losses/mi/mige/ssge.h>

namespace infograd::losses::ssge {

/// z = L^-1 x with L L^T the covariance (divisor M) of those columns of centred samples that vary: the others
/// have no variance that could be made 1, and say nothing.
class Whitening {
 public:
  /// `varying`: at least one column, ascending. Throws ValueError, naming `op`, when their covariance with
  /// its ridge is singular, as it is without one for no more samples than columns.
  Whitening(std::string_view op, const Tensor& centred, const std::vector<int64_t>& varying,
            const SsgeOptions& options);
  Tensor apply(const Tensor& x) const;             ///< rows x [.., d], to as many columns as vary
  Tensor scores_of_x(const Tensor& scores) const;  ///< L^-T score [.., d], 0 in the other columns

 private:
  void choose(const std::vector<int64_t>& varying, int64_t width, Device device);

  Tensor columns_;  ///< those that vary; undefined: all
  Tensor places_;   ///< of each column among them; the place after the last for the others
  Tensor factor_;
};

}  // namespace infograd::losses::ssge
