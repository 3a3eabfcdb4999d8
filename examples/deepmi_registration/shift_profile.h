// Losses between a smooth pattern and itself, shifted: no optimizer, only the landscape.
#pragma once

#include <string>

namespace registration {

/// Writes shift_profile.csv, and shift_same.png and shift_inverted.png with every loss stretched to [0, 1].
void write_shift_profile(const std::string& out);

}  // namespace registration
