// Registration by gradient descent.
#pragma once

#include "problem.h"

namespace registration {

struct Alignment {
  ig::Tensor theta;            ///< [S, 2, K]
  std::vector<double> errors;  ///< of each scene: mean over pixels of the distance to the true displacement
  int64_t out_of_frame = 0;    ///< scenes that ended there entirely: nothing is left to compare
  double seconds = 0;          ///< of a processor, all scenes together
};

inline constexpr double kSuccess = 0.5;  ///< pixels

/// Adam on all scenes at once. The loss is a sum over scenes and Adam works element by element, so that each
/// goes its own way. Starts at no displacement, or at `start` [S, 2, K].
Alignment align(const Problem& problem, const shared::ImageLoss& loss, double lr_scale = 1,
                const ig::Tensor& start = {});

}  // namespace registration
