// Private: the skeletons of handwritten digits.
#pragma once

#include <span>
#include <vector>

namespace infograd::data {

struct Point {
  float x, y;  ///< 0 .. 1, x to the right, y downward
};

/// A stroke is one movement of the pen: a smooth curve through its points. Corners are where one stroke ends
/// and the next begins.
using Stroke = std::vector<Point>;

/// One way of writing a digit.
using Skeleton = std::vector<Stroke>;

/// All ways of writing `digit`, 0 .. 9.
std::span<const Skeleton> digit_skeletons(int digit);

}  // namespace infograd::data
