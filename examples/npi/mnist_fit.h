// The fit on MNIST that E3 shows and E7 builds a layer from.
#pragma once

#include "session.h"

namespace npi {

/// pixels [784, M]; eps as in WhitenerOptions.
ig::losses::NpiResult mnist_fit(const Session& session, const ig::Tensor& pixels, double eps = 0.98);

}  // namespace npi
