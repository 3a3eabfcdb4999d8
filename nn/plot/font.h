// Private: a font of straight strokes on a grid 4 wide and 6 high, with descenders to row 8.
#pragma once

#include <string_view>

namespace infograd::plot {

/// The strokes of a character: pairs of digits x y are points (y downward, baseline 6), a space lifts the
/// pen, a point given twice is a dot. Empty for a space.
std::string_view glyph(char character);

}  // namespace infograd::plot
