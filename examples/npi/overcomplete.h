// The overcomplete fit on photographs that E2 shows and E4 repeats.
#pragma once

#include "session.h"

namespace npi {

struct Overcomplete {
  ig::Tensor patches;  ///< [width^2, M]
  int64_t width;
  ig::losses::NpiOptions options;
};
Overcomplete overcomplete(const Session& session);

}  // namespace npi
