// Private: linear algebra by cuSOLVER and cuBLAS, one object per device. Needs no CUDA header.
#pragma once

#include <infograd/backends/linalg.h>

namespace infograd {

/// cholesky, solve, eigh and eigh_top wait for the device: what they return or throw depends on a number that
/// the library leaves there. No factorisation can be captured (cuda::Graph).
class CudaLinalg final : public LinalgBackend {
 public:
  explicit CudaLinalg(int index) : index_(index) {}
  std::string_view name() const override { return "cuda"; }
  void eigh(View a, View values) override;
  /// All vectors are computed.
  void eigh_top(View a, View values, const EigenvectorRoom& room) override;
  int64_t cholesky(View a) override;
  void solve_triangular(ConstView a, View b, bool upper, bool transposed) override;
  void qr(View at, View r) override;
  int64_t solve(View at, View bt) override;
  void slogdet(View a, View sign, View logabsdet) override;
  void squared_distances(View out, ConstView x, ConstView y) override;

 private:
  int index_;
};

/// That of device `index`. Needs no device: the first work does.
LinalgBackend& cuda_linalg(int index);

}  // namespace infograd
