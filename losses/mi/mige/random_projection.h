// Private: the random matrix that makes wide inputs narrow before their scores are estimated.
#pragma once

#include <infograd/losses/mi/mige/mige.h>

namespace infograd::losses {

/// R [rp_dim, width of x], in x's type and place.
INFOGRAD_API Tensor random_projection(const Tensor& x, const MigeOptions& options);

}  // namespace infograd::losses
