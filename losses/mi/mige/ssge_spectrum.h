// Private: the eigenpairs of the kernel matrix that SSGE keeps.
#pragma once

#include <infograd/losses/mi/mige/ssge.h>

namespace infograd::losses::ssge {

/// Those of K + eta I with the largest values.
struct Spectrum {
  Tensor vectors;  ///< [M, J]
  Tensor values;   ///< [J], ascending, floored
};
/// K [M, M] with ones on the diagonal. Fills J, the lambdas and `kept` of info.
INFOGRAD_API Spectrum leading_eigenpairs(const Tensor& k, const SsgeOptions& options, SsgeInfo& info);

}  // namespace infograd::losses::ssge
