// t-SNE: a map of points that keeps their neighbourhoods, for looking at features.
#pragma once

#include <cstdint>

#include <infograd/core/tensor.h>

namespace infograd::nn {

struct TsneOptions {
  double perplexity = 30;    ///< effective number of neighbours of a point
  int64_t iterations = 500;  ///< of gradient descent with momentum
  double exaggeration = 12;  ///< of the attraction in the first quarter, which gathers the clusters
};
/// Positions f32 [N, 2] of x [N, D], by the exact method of van der Maaten and Hinton 2008 (JMLR 9): gradient
/// descent on the KL divergence between the neighbour distributions of x and of the map, from the first two
/// principal components. Time and memory O(N^2): for a few thousand points. Distances in the map between far
/// groups mean little. Throws ShapeError unless x is a matrix, ValueError unless 1 <= perplexity <= (N - 1) /
/// 3 or for values that are not finite.
INFOGRAD_API Tensor tsne(const Tensor& x, const TsneOptions& options = {});

}  // namespace infograd::nn
