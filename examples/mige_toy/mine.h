// The other way to a gradient of mutual information: train a critic, differentiate its bound.
#pragma once

#include <cstdint>

#include <infograd/core/generator.h>

#include "options.h"

namespace mige_toy {

/// New networks d-512-512-20 for x and y see options.mine_steps fresh batches, Adam with rate 1e-4; the
/// result is the derivative of the bound (of Donsker and Varadhan, or with `f` that of Nguyen, Wainwright and
/// Jordan) in rho on the last one, after which nothing is updated.
double gradient_by_mine(double rho, int64_t d, bool f, const Options& options,
                        infograd::Generator& generator);

}  // namespace mige_toy
