// How per-element losses become one number.
#pragma once

#include <cstdint>

namespace infograd::losses {

enum class Reduction : uint8_t { mean, sum, none };

}  // namespace infograd::losses
