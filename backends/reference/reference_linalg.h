// Private: linear algebra by the textbook, in double: the oracle.
#pragma once

#include <infograd/backends/linalg.h>

namespace infograd {

class ReferenceLinalg final : public LinalgBackend {
 public:
  std::string_view name() const override { return "reference"; }
  void eigh(View a, View values) override;
  void eigh_top(View a, View values, const EigenvectorRoom& room) override;
  int64_t cholesky(View a) override;
  void solve_triangular(ConstView a, View b, bool upper, bool transposed) override;
  void qr(View at, View r) override;
  int64_t solve(View at, View bt) override;
  void slogdet(View a, View sign, View logabsdet) override;
  void squared_distances(View out, ConstView x, ConstView y) override;
};

}  // namespace infograd
